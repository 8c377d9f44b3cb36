import { screen, waitFor } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { App } from '@/App'
import { spendLinkCode, takeLinkCode } from '@/core/link-code'
import { preferences } from '@/core/preferences'
import { json, refusal, renderApp, serve } from '@/testing/render'

const CODE = 'NX-wIivmbrHsknbFiQ-oGdaIgmxzxMi_'
const PRINT = 'c387417df2b660b343d7619e7fd9c450bd480d7cff5e1a3dc24fe538a43d4d21'
const owner = { user_id: 'u1', name: 'owner', roles: ['owner'], expires_ms: null, may_set_password: true }
const site = {
  name: 'home',
  version: '1',
  fingerprint: PRINT,
  solo: true,
  channels: [],
  is_signed_in: false,
  set_up: false,
  languages: ['en', 'zh'],
}
const account = { user_id: 'u1', name: 'owner', roles: ['owner'], has_password: true, may_set_password: true }
const settings = {
  'GET /v1/account/settings': json({ language: '', theme: 'system', channel: '', send_key: 'enter' }),
  'PUT /v1/account/settings': json({}),
}
const nobody = refusal(401, 'access/unauthenticated')

function openLink(): void {
  window.history.replaceState(null, '', `/welcome#${CODE}`)
  takeLinkCode()
}

beforeEach(() => {
  spendLinkCode()
  preferences.setState(preferences.getInitialState(), true)
})
afterEach(() => vi.unstubAllGlobals())

describe('a fresh installation', () => {
  it('says where the link is and takes it', async () => {
    const calls = serve({
      'GET /v1/session': nobody,
      'GET /v1/site': json(site),
      'GET /v1/account': json(account),
      'POST /v1/session/link': json(owner),
    })
    const { history } = renderApp(<App />, '/')
    const field = await screen.findByRole('textbox', { name: 'The link from the terminal' })
    expect(history.at(-1)).toBe('/welcome')
    const user = userEvent.setup()
    await user.type(field, 'owner{Enter}')
    expect(await screen.findByText(/This is no such link/)).toBeDefined()
    await user.clear(field)
    await user.type(field, `http://localhost/welcome#${CODE}{Enter}`)
    expect(await screen.findByRole('heading', { name: 'Welcome. This is your Verax.' })).toBeDefined()
    expect(calls.find(({ path }) => path === '/v1/session/link')?.body).toEqual({ code: CODE })
  })

  it('sends whoever wanted another page to the sign-in page', async () => {
    serve({ 'GET /v1/session': nobody, 'GET /v1/site': json(site) })
    const { history } = renderApp(<App />, '/c/1')
    await screen.findByRole('heading', { name: 'Sign in' })
    expect(history.at(-1)).toBe('/sign-in?next=%2Fc%2F1')
  })
})

describe('a link', () => {
  it('that was used says what to do', async () => {
    openLink()
    serve({
      'GET /v1/session': nobody,
      'GET /v1/site': json(site),
      'POST /v1/session/link': refusal(401, 'access/link'),
    })
    renderApp(<App />, '/welcome')
    expect((await screen.findByRole('alert')).textContent).toMatch(/used before.*verax user link/)
    expect(screen.getByRole('link', { name: 'Sign in' })).toBeDefined()
  })

  it('shows the fingerprint and the mode, saves what was chosen, and goes to the chat', async () => {
    openLink()
    let isSetUp = false
    const calls = serve({
      'GET /v1/session': () =>
        isSetUp ? json({ ...owner, name: 'ann', may_set_password: false }) : nobody.clone(),
      'GET /v1/site': () => json({ ...site, set_up: isSetUp }),
      'GET /v1/account': json(account),
      ...settings,
      'GET /v1/conversations': json({ object: 'list', data: [], has_more: false }),
      'POST /v1/session/link': json(owner),
      'PATCH /v1/account': json({ ...account, name: 'ann' }),
      'POST /v1/site/set-up': () => {
        isSetUp = true
        return json({ ...site, set_up: true })
      },
    })
    const { history } = renderApp(<App />, '/welcome')
    const user = userEvent.setup()
    const name = await screen.findByLabelText('Name')
    expect(screen.getByText('Mode: solo.')).toBeDefined()
    expect(document.querySelector('code')?.textContent).toBe(PRINT)
    await user.clear(name)
    await user.type(name, 'ann')
    await user.type(screen.getByLabelText('New password'), 'short')
    await user.click(screen.getByRole('radio', { name: 'Dark' }))
    await user.click(screen.getByRole('button', { name: 'Start chatting' }))
    expect(screen.getByText('At least 10 characters.')).toBeDefined()
    expect(calls.some(({ method }) => method === 'PATCH')).toBe(false)
    await user.type(screen.getByLabelText('New password'), ' but longer')
    await user.click(screen.getByRole('button', { name: 'Start chatting' }))
    await waitFor(() => expect(history.at(-1)).toBe('/'))
    expect(calls.find(({ method }) => method === 'PATCH')?.body).toEqual({
      name: 'ann',
      password: { new: 'short but longer' },
    })
    expect(calls.find(({ method }) => method === 'PUT')?.body).toMatchObject({
      theme: 'dark',
      send_key: 'enter',
    })
  })

  it('keeps name and password when nothing was changed', async () => {
    openLink()
    const calls = serve({
      'GET /v1/session': nobody,
      'GET /v1/site': json(site),
      'GET /v1/account': json(account),
      'POST /v1/session/link': json(owner),
      ...settings,
      'POST /v1/site/set-up': json({ ...site, set_up: true }),
    })
    renderApp(<App />, '/welcome')
    await userEvent.setup().click(await screen.findByRole('button', { name: 'Start chatting' }))
    await waitFor(() => expect(calls.some(({ path }) => path === '/v1/site/set-up')).toBe(true))
    expect(calls.some(({ method }) => method === 'PATCH')).toBe(false)
  })

  it('of somebody without a password asks for one, and shows the server’s refusal at its field', async () => {
    openLink()
    serve({
      'GET /v1/session': nobody,
      'GET /v1/site': json({ ...site, set_up: true }),
      'GET /v1/account': json({ ...account, has_password: false }),
      'POST /v1/session/link': json({ ...owner, name: 'bob', roles: ['member'] }),
      'PATCH /v1/account': json(
        { error: { code: 'request/invalid', message: 'password: too common', param: 'password' } },
        400,
      ),
    })
    renderApp(<App />, '/welcome')
    const field = await screen.findByLabelText('New password')
    await waitFor(() => expect(field.hasAttribute('required')).toBe(true))
    expect(screen.queryByText('Mode: solo.')).toBeNull()
    const user = userEvent.setup()
    await user.type(field, 'password1234{Enter}')
    await waitFor(() => expect(field.getAttribute('aria-invalid')).toBe('true'))
    expect(screen.getByText('password: too common')).toBeDefined()
  })
})
