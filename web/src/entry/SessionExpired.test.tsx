import { act, screen, waitFor } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { tellSignedOut } from '@/core/api'
import { holdSession } from '@/core/expiry'
import { json, renderApp, serve } from '@/testing/render'
import { SessionExpired } from './SessionExpired'

const ann = { user_id: 'u1', name: 'ann', roles: ['member'], expires_ms: null, may_set_password: true }

function onPage(): HTMLElement {
  return screen.getByLabelText('Search')
}

beforeEach(() => {
  renderApp(
    <>
      <input aria-label="Search" />
      <SessionExpired />
    </>,
  )
  act(() => holdSession(ann))
  onPage().focus()
})

afterEach(() => {
  act(() => holdSession(null))
  vi.unstubAllGlobals()
})

describe('SessionExpired', () => {
  it('begins at the password', async () => {
    act(tellSignedOut)
    const password = await screen.findByLabelText('Password')
    await waitFor(() => expect(document.activeElement).toBe(password))
  })

  it('keeps the focus when something on the page asks for it afterwards', async () => {
    act(tellSignedOut)
    const password = await screen.findByLabelText('Password')
    act(() => onPage().focus())
    expect(document.activeElement).toBe(password)
  })

  it('keeps what was typed when a second call meets the same end', async () => {
    act(tellSignedOut)
    const password = await screen.findByLabelText<HTMLInputElement>('Password')
    await userEvent.setup().type(password, 'half a pass')
    act(tellSignedOut)
    expect(screen.getByLabelText('Password')).toBe(password)
    expect(password.value).toBe('half a pass')
    expect(document.activeElement).toBe(password)
  })

  it('gives the focus back to where the person was', async () => {
    serve({ 'POST /v1/session': json(ann) })
    act(tellSignedOut)
    await userEvent.setup().type(await screen.findByLabelText('Password'), 'a good password{Enter}')
    await waitFor(() => expect(screen.queryByRole('dialog')).toBeNull())
    await waitFor(() => expect(document.activeElement).toBe(onPage()))
  })
})
