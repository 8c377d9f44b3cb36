import { screen, waitFor } from '@testing-library/react'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { App } from './App'
import { type Area, mayOpen } from './areas'
import { json, refusal, renderApp, serve } from './testing/render'

const settings = { 'GET /v1/account/settings': refusal(503, 'storage/unavailable') }
const ann = { user_id: 'u1', name: 'ann', roles: ['member'] }

afterEach(() => vi.unstubAllGlobals())

describe('App', () => {
  it('sends whoever is not signed in to the sign-in page, and remembers where they were', async () => {
    serve({
      'GET /v1/session': refusal(401, 'access/unauthenticated'),
      'GET /v1/site': json({ set_up: true }),
    })
    const { history } = renderApp(<App />, '/c/abc?message=m1')
    await screen.findByRole('heading', { name: 'Sign in' })
    expect(history.at(-1)).toBe('/sign-in?next=%2Fc%2Fabc%3Fmessage%3Dm1')
  })

  it('brings a person who is signed in to where they wanted', async () => {
    serve({
      ...settings,
      'GET /v1/session': json(ann),
      'GET /v1/conversations': json({ object: 'list', data: [], has_more: false }),
    })
    const { history } = renderApp(<App />, '/sign-in?next=%2Fnowhere')
    await screen.findByRole('heading', { name: 'There is nothing here' })
    expect(history.at(-1)).toBe('/nowhere')
    expect(screen.getByRole('button', { name: /ann/ })).toBeDefined()
  })

  it('says what to do when the server fails', async () => {
    serve({ 'GET /v1/session': refusal(503, 'storage/unavailable') })
    renderApp(<App />)
    expect(await screen.findByRole('button', { name: 'Try again' })).toBeDefined()
  })

  it('has a way past the side bar, and one main part', async () => {
    serve({
      ...settings,
      'GET /v1/session': json(ann),
      'GET /v1/conversations': json({ object: 'list', data: [], has_more: false }),
    })
    renderApp(<App />)
    await waitFor(() => expect(screen.getAllByRole('main')).toHaveLength(1))
    expect(screen.getByText('Skip to content').getAttribute('href')).toBe('#main')
  })
})

describe('mayOpen', () => {
  const area = (access: Area['access']) => ({ access }) as Area

  it('opens public areas to everyone and others to their roles', () => {
    expect(mayOpen(area('everyone'), null)).toBe(true)
    expect(mayOpen(area('account'), null)).toBe(false)
    expect(mayOpen(area('account'), [])).toBe(true)
    expect(mayOpen(area(['owner', 'operator']), ['member'])).toBe(false)
    expect(mayOpen(area(['owner', 'operator']), ['member', 'operator'])).toBe(true)
    expect(mayOpen(area([]), ['owner'])).toBe(false)
  })
})
