import { screen, waitFor, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { eraseNow, erasures } from '@/core/erasures'
import { json, refusal, renderApp, serve } from '@/testing/render'
import { ToastRegion, toasts } from '@/ui/Toast'
import { ConversationArea } from './ConversationArea'
import { resetList } from './list-state'

const NOW = Date.now()

function talk(id: string, title: string, more: Record<string, unknown> = {}) {
  return {
    id,
    title,
    channel: 'assistant',
    created_ms: NOW,
    updated_ms: NOW,
    is_pinned: false,
    is_archived: false,
    leaf_id: '',
    messages: 2,
    running: [],
    ...more,
  }
}

const page = (...data: unknown[]) => json({ object: 'list', data, has_more: false })
const session = json({ user_id: 'u1', name: 'ann', roles: ['member'] })

function open(answers: Parameters<typeof serve>[0], path = '/') {
  const calls = serve({ 'GET /v1/session': session, ...answers })
  const rendered = renderApp(
    <>
      <ConversationArea />
      <ToastRegion />
    </>,
    path,
  )
  return { calls, user: userEvent.setup(), ...rendered }
}

const links = () => screen.getAllByRole('link').map((link) => link.textContent)

beforeEach(() => {
  // Lines are only drawn where there is room for them, and jsdom has none.
  vi.spyOn(HTMLElement.prototype, 'clientHeight', 'get').mockReturnValue(400)
  vi.spyOn(HTMLElement.prototype, 'offsetHeight', 'get').mockReturnValue(40)
  Element.prototype.hasPointerCapture ??= () => false
  resetList()
  localStorage.clear()
  erasures.setState({ waiting: [] })
  toasts.setState({ list: [] })
})
afterEach(() => vi.unstubAllGlobals())

describe('the list', () => {
  it('shows pinned ones first and marks where one is', async () => {
    open(
      { 'GET /v1/conversations': page(talk('p', 'Pinned one', { is_pinned: true }), talk('a', '')) },
      '/c/a',
    )
    await screen.findByRole('link', { name: /Pinned one/ })
    expect(screen.getAllByRole('heading').map((heading) => heading.textContent)).toEqual(['Pinned', 'Today'])
    expect(screen.getByRole('link', { current: 'page' }).textContent).toBe('New chat')
  })

  it('says what an empty list is for', async () => {
    open({ 'GET /v1/conversations': page() })
    expect(await screen.findByText(/What you ask will be listed here/)).toBeDefined()
  })

  it('says what went wrong and reads again when asked', async () => {
    const answers = [refusal(503, 'storage/unavailable'), page(talk('a', 'Back again'))]
    const { user } = open({ 'GET /v1/conversations': () => answers.shift() ?? page() })
    await user.click(await screen.findByRole('button', { name: 'Try again' }))
    expect(await screen.findByRole('link', { name: 'Back again' })).toBeDefined()
  })

  it('is one stop of the Tab key, in which arrows move', async () => {
    const { user } = open({ 'GET /v1/conversations': page(talk('a', 'A'), talk('b', 'B'), talk('c', 'C')) })
    await screen.findByRole('link', { name: 'A' })
    screen.getByRole('link', { name: 'A' }).focus()
    await user.keyboard('{ArrowDown}')
    await waitFor(() => expect(document.activeElement?.textContent).toBe('B'))
    await user.keyboard('{End}')
    await waitFor(() => expect(document.activeElement?.textContent).toBe('C'))
    await user.tab()
    expect(document.activeElement?.getAttribute('aria-label')).toContain('C')
    await user.tab()
    expect(document.activeElement).toBe(document.body)
  })
})

describe('renaming', () => {
  it('saves with Enter, shows the new title at once and gives the focus back', async () => {
    let title = 'Old'
    const { user, calls } = open({
      'GET /v1/conversations': () => page(talk('a', title)),
      'PATCH /v1/conversations/a': ({ body }) => {
        title = (body as { title: string }).title
        return json(talk('a', title))
      },
    })
    const link = await screen.findByRole('link', { name: 'Old' })
    link.focus()
    await user.keyboard('{F2}')
    const field = await screen.findByRole<HTMLInputElement>('textbox', { name: 'New title' })
    await user.clear(field)
    await user.type(field, '  New  {Enter}')
    expect(document.activeElement?.textContent).toBe('New')
    expect(calls.filter(({ method }) => method === 'PATCH').map(({ body }) => body)).toEqual([
      { title: 'New' },
    ])
  })

  it('leaves it as it was with Escape, and shows the old title again when the server refuses', async () => {
    const { user, calls } = open({
      'GET /v1/conversations': () => page(talk('a', 'Old')),
      'PATCH /v1/conversations/a': refusal(409, 'request/conflict'),
    })
    ;(await screen.findByRole('link', { name: 'Old' })).focus()
    await user.keyboard('{F2}')
    await user.type(await screen.findByRole('textbox', { name: 'New title' }), 'x{Escape}')
    expect(calls.some(({ method }) => method === 'PATCH')).toBe(false)
    await user.keyboard('{F2}')
    await user.type(await screen.findByRole('textbox', { name: 'New title' }), 'x{Enter}')
    expect(await screen.findByText(/Not changed/)).toBeDefined()
    expect(links()).toEqual(['Old'])
  })
})

describe('deleting', () => {
  it('says what is erased and what stays, waits, and can be undone', async () => {
    const { user, calls } = open({
      'GET /v1/conversations': () => page(talk('a', 'Secret'), talk('b', 'Other')),
    })
    ;(await screen.findByRole('link', { name: 'Secret' })).focus()
    await user.keyboard('{Delete}')
    const question = await screen.findByRole('alertdialog')
    expect(question.textContent).toMatch(/Secret.*erased for good: its 2 messages/)
    expect(question.textContent).toMatch(/What stays is one line for each answer in the public log/)
    expect(document.activeElement?.textContent).toBe('Cancel')
    await user.click(within(question).getByRole('button', { name: 'Delete' }))
    await waitFor(() => expect(links()).toEqual(['Other']))
    await user.click(screen.getByRole('button', { name: 'Undo' }))
    await waitFor(() => expect(links()).toEqual(['Secret', 'Other']))
    expect(calls.some(({ method }) => method === 'DELETE')).toBe(false)
  })

  it('leaves the page of what is deleted, and erases at once when the message is closed', async () => {
    const { user, calls, history } = open(
      {
        'GET /v1/conversations': () => page(talk('a', 'Secret')),
        'DELETE /v1/conversations/a': json({ id: 'a', deleted: true, erasures: [] }),
      },
      '/c/a',
    )
    ;(await screen.findByRole('link', { name: 'Secret' })).focus()
    await user.keyboard('{Delete}')
    await user.click(within(await screen.findByRole('alertdialog')).getByRole('button', { name: 'Delete' }))
    expect(history.at(-1)).toBe('/')
    await user.click(screen.getByRole('button', { name: 'Close' }))
    await waitFor(() => expect(calls.some(({ method }) => method === 'DELETE')).toBe(true))
    await eraseNow([])
  })

  it('does nothing when the answer is no', async () => {
    const { user } = open({ 'GET /v1/conversations': () => page(talk('a', 'Secret')) })
    ;(await screen.findByRole('link', { name: 'Secret' })).focus()
    await user.keyboard('{Delete}')
    await user.keyboard('{Enter}')
    await waitFor(() => expect(screen.queryByRole('alertdialog')).toBeNull())
    expect(erasures.getState().waiting).toEqual([])
  })
})

describe('choosing several', () => {
  it('archives what is ticked, and offers the way back', async () => {
    const archived = new Set<string>()
    const patch = (id: string) => ({
      [`PATCH /v1/conversations/${id}`]: ({ body }: { body: unknown }) => {
        if ((body as { is_archived: boolean }).is_archived) archived.add(id)
        else archived.delete(id)
        return json(talk(id, id))
      },
    })
    const { user } = open({
      'GET /v1/conversations': () =>
        page(...['a', 'b', 'c'].filter((id) => !archived.has(id)).map((id) => talk(id, id))),
      ...patch('a'),
      ...patch('b'),
    })
    await user.click(await screen.findByRole('button', { name: /Actions for .*a/ }))
    await user.click(await screen.findByRole('menuitem', { name: 'Select' }))
    await user.click(await screen.findByRole('checkbox', { name: 'b' }))
    expect(screen.getByText('2 selected')).toBeDefined()
    await user.click(within(screen.getByRole('toolbar')).getByRole('button', { name: 'Archive' }))
    await waitFor(() => expect(links()).toEqual(['c']))
    await user.click(await screen.findByRole('button', { name: 'Undo' }))
    await waitFor(() => expect(links()).toEqual(['a', 'b', 'c']))
  })
})

describe('searching', () => {
  it('asks the server, marks the words and leads to the message', async () => {
    const hit = {
      conversation_id: 'a',
      title: 'Plays',
      message_id: 'm1',
      role: 'user',
      snippet: 'Who wrote Hamlet?',
      created_ms: NOW,
    }
    const { user, calls } = open({
      'GET /v1/conversations': () => page(),
      'GET /v1/search': json({ data: [hit] }),
    })
    await user.type(screen.getByRole('textbox', { name: 'Search conversations' }), 'hamlet')
    const found = await screen.findByRole('link', { name: /Plays/ })
    expect(found.getAttribute('href')).toBe('/c/a?message=m1')
    expect(found.querySelector('mark')?.textContent).toBe('Hamlet')
    expect(calls.at(-1)?.path).toBe('/v1/search?q=hamlet&limit=50')
    await user.keyboard('{ArrowDown}')
    expect(document.activeElement).toBe(found)
  })

  it('says that nothing was found, and Escape ends it', async () => {
    const { user } = open({
      'GET /v1/conversations': () => page(talk('a', 'A')),
      'GET /v1/search': json({ data: [] }),
    })
    await user.type(screen.getByRole('textbox', { name: 'Search conversations' }), 'zz')
    expect(await screen.findByText(/Nothing holds “zz”/)).toBeDefined()
    await user.keyboard('{Escape}')
    expect(await screen.findByRole('link', { name: 'A' })).toBeDefined()
  })
})
