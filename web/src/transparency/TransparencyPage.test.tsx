import { screen, waitFor } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { Route } from 'wouter'
import { World } from '@/receipt/testing'
import { refusal, renderApp, serve } from '@/testing/render'
import TransparencyPage from './TransparencyPage'

const client = vi.hoisted(() => ({ now: null as unknown }))
vi.mock('@/proof/browser', () => ({ browserClient: () => client.now }))

let world: World

beforeAll(async () => {
  await Promise.all([import('./Decisions'), import('./Logs'), import('./HowToCheck')])
}, 60_000)

beforeEach(() => {
  world = new World()
  client.now = world.client
  serve({ 'GET /v1/session': refusal(401, 'access/none') })
})

afterEach(() => vi.unstubAllGlobals())

function open(path: string) {
  return renderApp(
    ['/transparency', '/transparency/:view', '/transparency/channel/:channel'].map((pattern) => (
      <Route key={pattern} path={pattern} component={TransparencyPage} />
    )),
    path,
  )
}

describe('the pages behind the answers', () => {
  it('say what was computed here, who decides, and the fingerprint', async () => {
    open('/transparency')
    await screen.findByText(/Computed in this browser from 2 signed decisions/)
    screen.getByText(/This installation is solo/)
    const { history } = await world.client.whole()
    expect(document.querySelector('[data-fingerprint]')?.getAttribute('data-fingerprint')).toBe(
      history.state.fingerprint,
    )
    expect(screen.getByRole('link', { name: 'Channels' }).getAttribute('aria-current')).toBe('page')
  })

  it('list decisions in words, those without effect too', async () => {
    world.server.governance.entries.push(new TextEncoder().encode('junk'))
    open('/transparency/decisions')
    await screen.findByText(/ann put the rules in force, version 1/)
    screen.getByText(/Something that is no statement/)
    screen.getByText('No effect.')
    await userEvent.selectOptions(screen.getByLabelText('Kind'), 'alarm')
    expect(screen.queryByText(/put the rules in force/)).toBeNull()
    screen.getByText(/Alarm log\/rolled-back/)
  })

  it('show each log with its signed state', async () => {
    open('/transparency/logs')
    await screen.findByText('Log of replies 0')
    await waitFor(() => expect(screen.getAllByText(/holds, by a key that the rules name/)).toHaveLength(2))
    expect(screen.getAllByText(/The rules name no witnesses/)).toHaveLength(2)
  })

  it('say what a channel without a head is', async () => {
    open('/transparency/channel/assistant')
    await screen.findByText('Channel assistant')
    expect(screen.getAllByText(/No version was admitted here yet/).length).toBeGreaterThan(0)
  })

  it('are loud when the log went back, and forget what was seen only when told so twice', async () => {
    await world.client.whole()
    world.server.governance.entries.pop()
    open('/transparency')
    const alarm = await screen.findByRole('alert')
    expect(alarm.textContent).toContain('This log is not what it was')
    expect(alarm.textContent).toContain('shorter than this browser saw it')
    await userEvent.click(screen.getByRole('button', { name: 'Forget what was seen' }))
    await userEvent.click(await screen.findByRole('button', { name: 'Cancel' }))
    expect(world.pins.pins).not.toBeNull()
    await userEvent.click(screen.getByRole('button', { name: 'Forget what was seen' }))
    const buttons = await screen.findAllByRole('button', { name: 'Forget what was seen', hidden: true })
    await userEvent.click(buttons.at(-1) as HTMLElement)
    await screen.findByText(/Computed in this browser from 1 signed decision/)
  })
})
