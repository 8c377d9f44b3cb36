import { afterEach, describe, expect, it, vi } from 'vitest'
import { json, refusal, serve } from '@/testing/server'
import { ReceiptCheck, verdictOf } from './check'
import { evidenceOf } from './evidence'
import { commandFor, takeAwayFiles } from './take-away'
import { REPLY, TURN, World } from './testing'

const PATH = `GET /v1/receipts/${TURN}`

function answers(world: World, change: (text: string) => string = (text) => text) {
  return {
    [PATH]: () => new Response(change(world.receipt())),
    [`${PATH}/governance`]: refusal(404, 'receipt/no-bundle'),
  }
}

async function check(world: World, reply: string | undefined = REPLY): Promise<ReceiptCheck> {
  const sleep = async (ms: number) => {
    world.nowMs += ms
  }
  const made = new ReceiptCheck({
    turnId: TURN,
    reply,
    client: world.client,
    nowMs: () => world.nowMs,
    sleep,
  })
  await made.run()
  return made
}

function outcomes(made: ReceiptCheck): string[] {
  return (made.state.getState().report?.steps ?? []).map(({ step, outcome }) => `${step} ${outcome}`)
}

afterEach(() => vi.unstubAllGlobals())

describe('a receipt that is in order', () => {
  it('holds, step by step, and says what became of the release', async () => {
    const world = new World()
    serve(answers(world))
    const made = await check(world)
    const state = made.state.getState()
    expect(verdictOf(state)).toBe('holds')
    expect(outcomes(made)).toEqual([
      'record verified',
      'proof verified',
      'signature verified',
      'inclusion verified',
      'reply verified',
      'witnesses not_checked',
      'governance not_checked',
    ])
    expect(state.standing).toBe('replaced')
    expect(state.visit?.before).toBeNull()
    expect((await check(world)).state.getState().visit?.before?.size).toBe(2)
  })

  it('says that no text was compared where none was at hand', async () => {
    const world = new World()
    serve(answers(world))
    expect(outcomes(await check(world, ''))).toContain('reply failed')
    const sleep = async () => {}
    const made = new ReceiptCheck({ turnId: TURN, client: world.client, sleep })
    await made.run()
    expect(outcomes(made)).toContain('reply not_checked')
    expect(verdictOf(made.state.getState())).toBe('holds')
  })

  it('comes with files and the command over them', async () => {
    const world = new World()
    serve(answers(world))
    const { files } = (await check(world)).state.getState()
    if (files === null) throw new Error('no files')
    const all = takeAwayFiles(TURN, files)
    expect(all.map(({ kind }) => kind)).toEqual(['receipt', 'keys', 'reply'])
    expect(commandFor(all)).toBe(
      'python3 conformance/check_receipt.py verax-abababab-receipt.json --key verax-abababab-keys.txt --reply verax-abababab-reply.txt',
    )
  })
})

describe('a receipt that is not in order', () => {
  it.each([
    ['another reply', (text: string) => text, 'Hamlet was written by Marlowe.', 'reply/differs'],
    ['a changed record', (text: string) => text.replace('"seed":7', '"seed":8'), REPLY, 'proof/root'],
    ['a space', (text: string) => text.replace(':', ': '), REPLY, 'bytes/not-canonical'],
  ] as const)('fails with %s', async (_, change, reply, reason) => {
    const world = new World()
    serve(answers(world, change))
    const { state } = await check(world, reply)
    expect(verdictOf(state.getState())).toBe('fails')
    expect(state.getState().report?.steps.find(({ outcome }) => outcome === 'failed')?.reason).toBe(reason)
    expect(JSON.parse(evidenceOf(state.getState()))).toMatchObject({ failed: [{ reason }] })
  })

  it('fails when the reply log is another than everybody is shown', async () => {
    const world = new World()
    const receipt = world.receipt()
    serve({ ...answers(world), [PATH]: () => new Response(receipt) })
    world.server.replies.entries[0] = new Uint8Array(32)
    const { state } = await check(world)
    expect(state.getState().alarm?.reason).toBe('log/forked')
    expect(verdictOf(state.getState())).toBe('fails')
  })

  it('fails when the governance log went back, though every step holds', async () => {
    const world = new World()
    serve(answers(world))
    await check(world)
    world.server.governance.entries.pop()
    const { state } = await check(world)
    expect(state.getState().report?.holds).toBe(true)
    expect(state.getState().alarm?.reason).toBe('log/went-back')
    expect(verdictOf(state.getState())).toBe('fails')
  })
})

describe('a promise', () => {
  it('is shown until the reply is in the log', async () => {
    const world = new World()
    const deadline = world.nowMs + 5_000
    let asked = 0
    const seen: string[] = []
    serve({
      ...answers(world),
      [PATH]: () => {
        asked += 1
        const promised = { state: 'promised', record: world.record, promise: world.promise(deadline) }
        return asked < 3 ? json(promised, 202) : new Response(world.receipt())
      },
    })
    const sleep = async () => {
      seen.push(`${made.state.getState().stage} ${made.state.getState().deadlineMs === deadline}`)
    }
    const made = new ReceiptCheck({
      turnId: TURN,
      reply: REPLY,
      client: world.client,
      nowMs: () => world.nowMs,
      sleep,
    })
    await made.run()
    expect(seen).toEqual(['promised true', 'promised true'])
    expect(verdictOf(made.state.getState())).toBe('holds')
  })

  it('that is not kept is a failure', async () => {
    const world = new World()
    const promised = { state: 'promised', record: world.record, promise: world.promise(world.nowMs + 2_000) }
    serve({ [PATH]: () => json(promised, 202) })
    const { state } = await check(world)
    expect(state.getState().problem?.reason).toBe('promise/overdue')
    expect(verdictOf(state.getState())).toBe('fails')
  })

  it('about another record is a failure at once', async () => {
    const world = new World()
    const record = { ...world.record, seed: 8 }
    serve({
      [PATH]: () => json({ state: 'promised', record, promise: world.promise(world.nowMs + 9_000) }, 202),
    })
    expect((await check(world)).state.getState().problem?.reason).toBe('promise/other-leaf')
  })
})

describe('what cannot be checked', () => {
  it('is no failure: a server that is down, a turn that nobody knows', async () => {
    const world = new World()
    world.server.isDown = true
    serve({})
    expect(verdictOf((await check(world)).state.getState())).toBe('unavailable')
    world.server.isDown = false
    serve({ [PATH]: refusal(404, 'turn/unknown') })
    const { state } = await check(world)
    expect(verdictOf(state.getState())).toBe('unavailable')
    expect(state.getState().error?.code).toBe('turn/unknown')
  })

  it('takes nothing back that was found before the server went away', async () => {
    const world = new World()
    serve({
      ...answers(world),
      [`${PATH}/governance`]: () => {
        world.server.isDown = true
        return refusal(404, 'receipt/no-bundle')
      },
    })
    expect(verdictOf((await check(world)).state.getState())).toBe('holds')
  })
})
