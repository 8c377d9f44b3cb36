import { screen, waitFor } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import type { TurnRef } from '@/core/wire'
import { refusal, renderApp, serve } from '@/testing/render'
import { ReceiptMark } from './ReceiptMark'
import { REPLY, TURN, World } from './testing'
import { verdicts } from './verdicts'

// The page has one client; here it is the one of the test's installation.
const client = vi.hoisted(() => ({ now: null as unknown }))
vi.mock('@/proof/browser', () => ({ browserClient: () => client.now }))

const TURN_REF: TurnRef = {
  id: TURN,
  status: 'complete',
  release: '7'.repeat(64),
  mode: 'solo',
  receipt: `/v1/receipts/${TURN}`,
  refusal: null,
  left_out: 0,
  withheld: 0,
  drafts: null,
}
const PATH = `GET /v1/receipts/${TURN}`

let world: World

function answer(text = world.receipt()): void {
  serve({
    [PATH]: () => new Response(text),
    [`${PATH}/governance`]: refusal(404, 'receipt/no-bundle'),
    [`GET /v1/turns/${TURN}/segments`]: refusal(403, 'access/owner'),
    [`${PATH}/secret`]: refusal(403, 'access/owner'),
  })
}

// The first loading of a chunk is the machine's time, not the test's.
beforeAll(async () => {
  await import('./ReceiptSheet')
}, 60_000)

beforeEach(() => {
  world = new World()
  client.now = world.client
  verdicts.setState(new Map(), true)
})

afterEach(() => vi.unstubAllGlobals())

describe('the mark below a reply', () => {
  it('says solo plainly, and opens the receipt with every step', async () => {
    answer()
    renderApp(<ReceiptMark turn={TURN_REF} reply={REPLY} />)
    await userEvent.click(screen.getByRole('button', { name: /Receipt.*solo/ }))
    await screen.findByText('This receipt holds')
    expect(screen.getByText('Inclusion').closest('li')?.textContent).toContain('verified')
    expect(screen.getByText('Witnesses').closest('li')?.textContent).toContain('not checked')
    screen.getByText(/Which model answered/)
    await userEvent.keyboard('{Escape}')
    const mark = await screen.findByRole('button', { name: /Receipt checked.*solo/ })
    await waitFor(() => expect(document.activeElement).toBe(mark))
  })

  it('is loud when the proof does not hold, in words and to ears', async () => {
    answer(world.receipt().replace('"seed":7', '"seed":8'))
    renderApp(<ReceiptMark turn={TURN_REF} reply={REPLY} />)
    await userEvent.click(screen.getByRole('button', { name: /Receipt/ }))
    const said = (await screen.findByRole('alert')).textContent
    expect(said).toContain('This receipt does not hold')
    expect(said).toContain('The record is not in the list that the log signed.')
    // What is not proved is not shown as if it were.
    expect(screen.queryByText('What it says')).toBeNull()
    await userEvent.keyboard('{Escape}')
    await screen.findByRole('button', { name: /The receipt does not hold/ })
  })

  it('checks a reply that just came by itself, and leaves old ones alone', async () => {
    answer()
    renderApp(<ReceiptMark turn={TURN_REF} reply={REPLY} createdMs={Date.now()} />)
    await screen.findByRole('button', { name: /Receipt checked/ }, { timeout: 4_000 })
    const calls = serve({})
    renderApp(<ReceiptMark turn={{ ...TURN_REF, id: 'cd'.repeat(16) }} reply={REPLY} createdMs={0} />)
    expect(calls).toEqual([])
  })

  it('lets only the person who asked open the prompt', async () => {
    answer()
    renderApp(<ReceiptMark turn={TURN_REF} reply={REPLY} />)
    await userEvent.click(screen.getByRole('button', { name: /Receipt/ }))
    await userEvent.click(await screen.findByRole('button', { name: 'Open the prompt' }))
    await screen.findByText(/Only the person who asked/)
  })
})
