import { act, screen } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { json, refusal, renderApp, serve } from '@/testing/render'
import { SignInForm } from './SignInForm'

const ann = { user_id: 'u1', name: 'ann', roles: ['member'] }

async function fillIn(user: ReturnType<typeof userEvent.setup>): Promise<void> {
  await user.type(screen.getByLabelText('Name'), 'ann')
  await user.type(screen.getByLabelText('Password'), 'a good password{Enter}')
}

afterEach(() => {
  vi.unstubAllGlobals()
  vi.useRealTimers()
})

describe('SignInForm', () => {
  it('signs in and hands over the session', async () => {
    const calls = serve({ 'POST /v1/session': json(ann) })
    const signedIn = vi.fn()
    renderApp(<SignInForm onSignedIn={signedIn} />)
    await fillIn(userEvent.setup())
    expect(calls[0]?.body).toEqual({ name: 'ann', password: 'a good password' })
    expect(signedIn).toHaveBeenCalledWith(ann)
  })

  it('says in plain words what is wrong, and lets the person type the password again', async () => {
    serve({ 'POST /v1/session': refusal(401, 'access/unauthenticated') })
    renderApp(<SignInForm onSignedIn={vi.fn()} />)
    await fillIn(userEvent.setup())
    expect((await screen.findByRole('alert')).textContent).toContain('do not fit together')
    expect(document.activeElement).toBe(screen.getByLabelText('Password'))
  })

  it('falls back on the server’s words for an error that it does not know', async () => {
    serve({ 'POST /v1/session': refusal(503, 'storage/full') })
    renderApp(<SignInForm onSignedIn={vi.fn()} />)
    await fillIn(userEvent.setup())
    const alert = await screen.findByRole('alert')
    expect(alert.textContent).toBe('the server says storage/fulla hint')
  })

  it('asks one person for the password alone', async () => {
    const calls = serve({ 'POST /v1/session': json(ann) })
    renderApp(<SignInForm fixedName="ann" onSignedIn={vi.fn()} />)
    expect(screen.queryByLabelText('Name')).toBeNull()
    await userEvent.setup().type(screen.getByLabelText('Password'), 'x{Enter}')
    expect(calls[0]?.body).toEqual({ name: 'ann', password: 'x' })
  })
})

describe('after too many tries', () => {
  beforeEach(() => vi.useFakeTimers({ shouldAdvanceTime: true }))

  it('counts down and then lets the person try again', async () => {
    serve({ 'POST /v1/session': refusal(429, 'busy/sign-in', { 'retry-after': '3' }) })
    renderApp(<SignInForm onSignedIn={vi.fn()} />)
    await fillIn(userEvent.setup({ advanceTimers: vi.advanceTimersByTime }))
    const button = await screen.findByRole<HTMLButtonElement>('button', { name: 'Try again in 3 seconds' })
    expect(button.disabled).toBe(true)
    await act(() => vi.advanceTimersByTimeAsync(2100))
    expect(screen.getByRole('button').textContent).toBe('Try again in 1 second')
    await act(() => vi.advanceTimersByTimeAsync(1200))
    expect(screen.getByRole<HTMLButtonElement>('button', { name: 'Sign in' }).disabled).toBe(false)
  })
})
