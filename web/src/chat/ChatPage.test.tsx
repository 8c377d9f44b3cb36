import { screen, waitFor, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { Route, Switch } from 'wouter'
import { followShortcuts } from '@/core/commands'
import { preferences } from '@/core/preferences'
import type { TurnRef } from '@/core/wire'
import { type FakeConversation, FakeServer, model, refusal } from '@/testing/chat-server'
import { giveSizes } from '@/testing/layout'
import { type Rendered, renderApp } from '@/testing/render'
import ChatPage from './ChatPage'

let server: FakeServer
let stopShortcuts: () => void

beforeEach(() => {
  localStorage.clear()
  giveSizes()
  server = new FakeServer().install()
  stopShortcuts = followShortcuts()
})

afterEach(() => {
  stopShortcuts()
  vi.unstubAllGlobals()
})

function show(conversation?: FakeConversation): Rendered {
  return renderApp(
    <Switch>
      <Route key="chat" path="/">
        <ChatPage />
      </Route>
      <Route key="chat" path="/c/:conversation">
        <ChatPage />
      </Route>
    </Switch>,
    conversation === undefined ? '/' : `/c/${conversation.id}`,
  )
}

function field(): HTMLElement {
  return screen.getByRole('textbox', { name: 'Message' })
}

async function answerOf(text: string): Promise<HTMLElement> {
  const found = await screen.findByText(text)
  const article = found.closest('article')
  if (article === null) throw new Error(`${text} is not in a message`)
  return article
}

describe('a new chat', () => {
  it('sends the first message, takes its address and shows the answer', async () => {
    const { history } = show()
    expect(await screen.findByRole('heading', { name: 'Ask, and check the answer' })).toBeTruthy()
    await userEvent.type(field(), 'Who wrote Hamlet?{Enter}')
    await waitFor(() => expect(history.at(-1)).toMatch(/^\/c\/c\d+$/))
    expect(await screen.findByText('Who wrote Hamlet?', { selector: 'article p' })).toBeTruthy()
    expect(await screen.findByRole('heading', { level: 1, name: 'Who wrote Hamlet?' })).toBeTruthy()
    server.run.start().say('Shakes', 'peare')
    expect(await screen.findByText('Shakespeare')).toBeTruthy()
    server.run.complete()
    expect(
      await within(await answerOf('Shakespeare')).findByRole('button', { name: 'Copy answer' }),
    ).toBeTruthy()
    expect(screen.getByRole('status').textContent).toBe('The answer is complete')
    expect(field()).toHaveProperty('value', '')
  })

  it('offers no channel of children, not even one that was chosen before', async () => {
    preferences.getState().set({ channel: 'junior/5-7' })
    server.models = [
      model('junior/2-4', { audience: '2-4', title: 'junior-2-4' }),
      model('junior/5-7', { audience: '5-7', title: 'junior-5-7' }),
      model('junior/8-12', { release: null, audience: null, title: null }),
      model('reading-club', { audience: '8-12', title: 'Reading club' }),
      model('teens', { audience: '13+', title: 'Teens' }),
      model('assistant', { audience: 'adult', title: 'Assistant' }),
    ]
    show()
    await userEvent.click(await screen.findByRole('button', { name: /Teens/ }))
    const offered = screen.getAllByRole('menuitemradio').map((one) => one.textContent)
    expect(offered.map((text) => text?.replace('✓', '').slice(0, 5))).toEqual(['Teens', 'Assis'])
  })

  it('has nothing to offer where only children have channels', async () => {
    server.models = [model('junior/5-7', { audience: '5-7', title: 'junior-5-7' })]
    show()
    await userEvent.click(await screen.findByRole('button', { name: /Channel/ }))
    expect(screen.queryAllByRole('menuitemradio')).toEqual([])
  })

  it('keeps the name of a channel of children in a conversation that is on one', async () => {
    server.models = [model('junior/5-7', { audience: '5-7', title: 'junior-5-7' }), model('assistant')]
    const conversation = server.add()
    conversation.channel = 'junior/5-7'
    show(conversation)
    await userEvent.click(await screen.findByRole('button', { name: /junior-5-7/ }))
    expect(screen.getAllByRole('menuitemradio')).toHaveLength(2)
  })

  it('says why a channel that is frozen takes nothing', async () => {
    server.models = [model('assistant', { frozen: true })]
    show()
    expect(await screen.findByText(/This channel answers nobody now/)).toBeTruthy()
    await userEvent.type(field(), 'Hi{Enter}')
    expect(server.asked.filter((asked) => asked.startsWith('POST'))).toEqual([])
  })
})

describe('writing', () => {
  it('starts a line with Shift and Enter, and sends nothing that is empty', async () => {
    show(server.add('Hi', 'Hello'))
    await screen.findByText('Hello')
    await userEvent.type(field(), '  {Enter}')
    await userEvent.type(field(), 'one{Shift>}{Enter}{/Shift}two{Enter}')
    await waitFor(() => expect(server.runs.size).toBe(1))
    expect(server.run.conversation.get(server.run.parentId).text).toBe('  one\ntwo')
  })

  it('keeps what was written for each conversation when the page goes', async () => {
    const [one, two] = [server.add('Hi', 'Hello'), server.add('Ho', 'Huh')]
    const { unmount } = show(one)
    await screen.findByText('Hello')
    await userEvent.type(field(), 'half a thou')
    unmount()
    const { navigate } = show(two)
    await screen.findByText('Huh')
    expect(field()).toHaveProperty('value', '')
    navigate(`/c/${one.id}`)
    await screen.findByText('Hello')
    expect(field()).toHaveProperty('value', 'half a thou')
  })

  it('takes back what the server did not take, and sends it again', async () => {
    show(server.add('Hi', 'Hello'))
    await screen.findByText('Hello')
    server.faults.push({ asked: /runs$/, answer: refusal(429, 'busy/runs') })
    await userEvent.type(field(), 'more{Enter}')
    expect(await screen.findByText('This was not sent.')).toBeTruthy()
    await userEvent.click(screen.getByRole('button', { name: 'Back to the field' }))
    expect(field()).toHaveProperty('value', 'more')
    await userEvent.type(field(), '{Enter}')
    await waitFor(() => expect(server.runs.size).toBe(1))
  })
})

describe('an answer on its way', () => {
  it('is stopped by its button and by Escape; what came of it stays', async () => {
    show(server.add())
    await waitFor(() => expect(field()).toBeTruthy())
    await userEvent.type(field(), 'Hi{Enter}')
    const stop = await screen.findByRole('button', { name: 'Stop the answer' })
    expect(stop).toBeTruthy()
    await waitFor(() => expect(server.runs.size).toBe(1))
    server.run.start().say('Hel')
    await screen.findByText('Hel')
    await userEvent.keyboard('{Escape}')
    expect(await screen.findByText('This answer was stopped here.')).toBeTruthy()
    expect(screen.getByText('Hel')).toBeTruthy()
  })

  it('is asked for again when it was lost with the server’s memory', async () => {
    show(server.add())
    await userEvent.type(field(), 'Hi{Enter}')
    await waitFor(() => expect(server.runs.size).toBe(1))
    server.run.start().say('Hel')
    await screen.findByText('Hel')
    server.restart()
    expect(await screen.findByText(/was started again/)).toBeTruthy()
    expect(screen.getByText('Hel')).toBeTruthy()
    await userEvent.click(screen.getByRole('button', { name: 'Ask again' }))
    await waitFor(() => expect(server.runs.size).toBe(1))
    server.run.start().say('Hello')
    server.run.complete()
    expect(await screen.findByText('Hello')).toBeTruthy()
    expect(screen.queryByText('Hel')).toBeNull()
  })
})

describe('a stored answer', () => {
  async function answered(
    status: TurnRef['status'],
    text: string,
    turn: Partial<TurnRef> = {},
  ): Promise<void> {
    const conversation = server.add('Hi')
    conversation.append(conversation.leafId, 'assistant', text, {
      turn: {
        ...{
          id: 't',
          release: 'r',
          mode: 'solo',
          receipt: '/r',
          refusal: null,
          left_out: 0,
          withheld: 0,
          drafts: null,
        },
        status,
        ...turn,
      },
      error: status === 'failed' ? { code: 'model/x', message: 'The model broke.', hint: 'Start it.' } : null,
    })
    show(conversation)
    await screen.findByText('Hi')
  }

  it.each([
    ['length', /reached its greatest length/],
    ['rewritten', /changed some of the model’s words/],
    ['withdrawn', /What follows was not shown/],
    ['cancelled', /This answer was stopped here/],
    ['failed', /The model broke\./],
    ['refused', /stopped the answer/],
  ] as const)('says quietly that it ended as %s', async (status, expected) => {
    await answered(status, 'Hello')
    expect(screen.getByText(expected)).toBeTruthy()
    expect(screen.getByText('Hello')).toBeTruthy()
  })

  it('gives the reason and the next step of a refusal', async () => {
    const refusal = {
      category: 'secrets',
      reason: 'It held a key.',
      next_step: 'Ask without it.',
      crisis: null,
    }
    await answered('refused', '', { refusal })
    expect(screen.getByText(/It held a key\./)).toBeTruthy()
    expect(screen.getByText('Ask without it.')).toBeTruthy()
  })

  it('names whom to call in a crisis, each number once and ready to be called, and no rule', async () => {
    const crisis = {
      emergency: 'If somebody is in danger right now, call 112.',
      helplines: [
        { where: 'UK and Ireland', name: 'Samaritans', publisher: 'Samaritans', number: '116 123' },
        { where: 'US', name: 'Lifeline', publisher: 'SAMHSA', number: '988' },
      ],
    }
    const next_step = `${crisis.emergency}\nUK and Ireland: 116 123 (Samaritans)\nUS: 988 (Lifeline)`
    const refusal = { category: 'self_harm', reason: 'I am glad that you said it.', next_step, crisis }
    await answered('refused', '', { refusal })
    expect(screen.getByText('I am glad that you said it.')).toBeTruthy()
    expect(screen.getByText(crisis.emergency)).toBeTruthy()
    const lines = within(screen.getByRole('list', { name: 'Lines that you can call' })).getAllByRole(
      'listitem',
    )
    expect(lines.map((line) => line.textContent)).toEqual([
      '116 123 Samaritans (UK and Ireland)',
      '988 Lifeline (US)',
    ])
    expect(screen.getByRole('link', { name: '116 123' }).getAttribute('href')).toBe('tel:116123')
    expect(screen.queryByText(/A rule of this version/)).toBeNull()
  })

  it('says how many messages the model did not read', async () => {
    await answered('complete', 'Hello', { left_out: 12 })
    expect(screen.getByText(/did not read the 12 oldest messages/)).toBeTruthy()
  })

  it('offers to go on where the length ended it', async () => {
    await answered('length', 'Hello')
    await userEvent.click(screen.getByRole('button', { name: 'Ask to go on' }))
    expect(field()).toHaveProperty('value', 'Please go on.')
  })

  it('says that a message has no answer, and asks for one', async () => {
    show(server.add('Hi'))
    await userEvent.click(await screen.findByRole('button', { name: 'Ask for one' }))
    await waitFor(() => expect(server.runs.size).toBe(1))
  })
})

describe('branches', () => {
  it('edits the last message with ↑, and leads back to the first version', async () => {
    show(server.add('Hi', 'Hello'))
    await screen.findByText('Hello')
    await userEvent.click(field())
    await userEvent.keyboard('{ArrowUp}')
    const edit = screen.getByRole('textbox', { name: 'Edit message' })
    await userEvent.clear(edit)
    await userEvent.type(edit, 'Ho{Enter}')
    await waitFor(() => expect(server.runs.size).toBe(1))
    server.run.start().say('Huh')
    server.run.complete()
    await screen.findByText('Huh')
    expect(screen.queryByText('Hello')).toBeNull()
    await userEvent.click(screen.getByRole('button', { name: /Previous version/ }))
    expect(await screen.findByText('Hello')).toBeTruthy()
    expect(screen.getByText('1 of 2')).toBeTruthy()
  })

  it('leaves an edit with Escape and changes nothing', async () => {
    show(server.add('Hi', 'Hello'))
    await screen.findByText('Hello')
    await userEvent.click(screen.getByRole('button', { name: 'Edit' }))
    await userEvent.keyboard('x{Escape}')
    expect(screen.queryByRole('textbox', { name: 'Edit message' })).toBeNull()
    expect(screen.getByText('Hi')).toBeTruthy()
    expect(server.runs.size).toBe(0)
  })

  it('asks again for an answer', async () => {
    show(server.add('Hi', 'Hello'))
    await screen.findByText('Hello')
    await userEvent.click(screen.getByRole('button', { name: 'Ask again' }))
    await waitFor(() => expect(server.runs.size).toBe(1))
    server.run.start().say('Hey')
    server.run.complete()
    expect(await screen.findByText('Hey')).toBeTruthy()
    expect(screen.getByText('2 of 2')).toBeTruthy()
  })
})

describe('what is not there', () => {
  it('says so for a conversation that is gone', async () => {
    const gone = new FakeServer().add('Hi')
    show({ ...gone, id: 'nowhere' } as FakeConversation)
    expect(await screen.findByRole('heading', { name: 'This conversation is not here' })).toBeTruthy()
  })
})
