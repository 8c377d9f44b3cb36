import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { type Connection, type WatchEnd, watchRun } from './stream'
import type { StreamEvent } from './wire'

const PIECES = ['Né', '世界 ', '👩‍🚀', ' and', ' so on', '.']
const FAILED: StreamEvent = {
  type: 'failed',
  code: 'x',
  message: 'm',
  hint: '',
  status: 500,
  retry_after_s: null,
  stored: null,
}
const EVENTS: StreamEvent[] = [...PIECES.map((text): StreamEvent => ({ type: 'text', text })), FAILED]
const encoder = new TextEncoder()

/** What the server sends after event `after`: pieces of text that are there already come as one. */
function streamAfter(after: number): Uint8Array {
  const merged = PIECES.slice(after, 3)
  const first = merged.length === 0 ? '' : frame(3, { type: 'text', text: merged.join('') })
  const rest = EVENTS.slice(Math.max(after, 3)).map((event, index) =>
    frame(Math.max(after, 3) + index + 1, event),
  )
  return encoder.encode(`: waiting\n\n${first}${rest.join('')}`)
}

function frame(number: number, event: StreamEvent): string {
  return `id: ${number}\ndata: ${JSON.stringify(event)}\n\n`
}

/** A body that gives `bytes`, then ends, breaks or stays silent. */
function body(
  bytes: Uint8Array,
  then: 'end' | 'break' | 'silence' = 'end',
  signal?: AbortSignal | null,
): Response {
  const stream = new ReadableStream<Uint8Array>({
    start(controller) {
      controller.enqueue(bytes)
      if (then === 'end') controller.close()
      if (then === 'break') setTimeout(() => controller.error(new TypeError('network')), 1)
      signal?.addEventListener('abort', () => controller.error(signal.reason))
    },
  })
  return new Response(stream, { headers: { 'content-type': 'text/event-stream' } })
}

function refusal(status: number, code: string): Response {
  return new Response(JSON.stringify({ error: { code, message: code } }), { status })
}

type Answer = (after: number, signal: AbortSignal | null) => Response | Promise<Response>

/** A server that gives one answer after the other, and the last one for ever; returns what it was asked. */
function serve(...answers: Answer[]): number[] {
  const asked: number[] = []
  vi.stubGlobal('fetch', async (url: string, init: RequestInit) => {
    const after = Number(new URL(url, 'http://x').searchParams.get('after'))
    asked.push(after)
    const answer = answers[Math.min(asked.length, answers.length) - 1]
    return answer?.(after, init.signal ?? null)
  })
  return asked
}

async function watch(
  signal = new AbortController().signal,
  whenSignedIn = async () => true,
): Promise<{ text: string; end: WatchEnd; connections: Connection[] }> {
  let text = ''
  const connections: Connection[] = []
  const watcher = {
    onEvent: (event: StreamEvent) => {
      if (event.type === 'text') text += event.text
    },
    onConnection: (connection: Connection) => connections.push(connection),
    whenSignedIn,
  }
  const watching = watchRun('/v1/conversations/c/runs/r', watcher, signal)
  const settled = watching.catch(() => {})
  await vi.runAllTimersAsync()
  await settled
  return { text, end: await watching, connections }
}

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

const WHOLE = PIECES.join('')

describe('watchRun', () => {
  it('reads a stream to its last event', async () => {
    const asked = serve((after) => body(streamAfter(after)))
    expect(await watch()).toEqual({ text: WHOLE, end: { kind: 'last' }, connections: ['connecting', 'open'] })
    expect(asked).toEqual([0])
  })

  it('loses and doubles no word, wherever the connection is cut', async () => {
    const whole = streamAfter(0)
    for (let cut = 0; cut < whole.length; cut++) {
      for (const way of ['end', 'break'] as const) {
        serve(
          () => body(whole.subarray(0, cut), way),
          (after) => body(streamAfter(after)),
        )
        const { text, end } = await watch()
        if (text !== WHOLE || end.kind !== 'last') expect.fail(`cut at ${cut} (${way}): ${text}`)
      }
    }
  })

  it('loses and doubles no word when every connection gives up after one more event', async () => {
    const asked = serve((after) => body(streamAfter(after).subarray(0, 150), 'break'))
    expect((await watch()).text).toBe(WHOLE)
    expect(asked.length).toBeGreaterThan(2)
  })

  it('hears a server that repeats itself once', async () => {
    serve(() =>
      body(
        encoder.encode(
          EVENTS.map((event, index) => frame(index + 1, event))
            .join('')
            .replace(/id: 4/, 'id: 2'),
        ),
      ),
    )
    expect((await watch()).text).toBe(WHOLE.replace(PIECES[3] ?? '', ''))
  })

  it('waits longer after each failure in a row, up to ten seconds, and goes on when online again', async () => {
    const asked = serve(() => Promise.reject(new TypeError('no network')))
    const controller = new AbortController()
    const watching = watchRun(
      '/r',
      { onEvent: () => {}, onConnection: () => {}, whenSignedIn: async () => true },
      controller.signal,
    )
    const rejected = expect(watching).rejects.toThrow()
    await vi.advanceTimersByTimeAsync(250 + 500 + 1000 + 2000 + 4000 + 8000)
    expect(asked).toHaveLength(7)
    await vi.advanceTimersByTimeAsync(9_999)
    expect(asked).toHaveLength(7)
    globalThis.dispatchEvent(new Event('online'))
    await vi.advanceTimersByTimeAsync(0)
    expect(asked).toHaveLength(8)
    controller.abort(new Error('left'))
    await rejected
  })

  it('takes a connection that says nothing for 45 s as broken', async () => {
    const asked = serve(
      (_, signal) => body(streamAfter(0).subarray(0, 80), 'silence', signal),
      (after) => body(streamAfter(after)),
    )
    const { text, connections } = await watch()
    expect(text).toBe(WHOLE)
    expect(asked).toHaveLength(2)
    expect(connections).toEqual(['connecting', 'open', 'waiting', 'connecting', 'open'])
  })

  it('goes on where it stopped once the person has signed in again', async () => {
    const asked = serve(
      () => body(streamAfter(0).subarray(0, 80), 'break'),
      () => refusal(401, 'access/none'),
      (after) => body(streamAfter(after)),
    )
    const { text, connections } = await watch()
    expect(text).toBe(WHOLE)
    expect(connections).toContain('signedOut')
    expect(asked[2]).toBe(asked[1])
  })

  it('ends when the person leaves it at being signed out', async () => {
    serve(() => refusal(401, 'access/none'))
    const { end } = await watch(undefined, async () => false)
    expect(end).toMatchObject({ kind: 'refused', error: { status: 401 } })
  })

  it('ends with a run that the server does not know, and with one that it refuses', async () => {
    serve(() => refusal(404, 'run/unknown'))
    expect((await watch()).end).toEqual({ kind: 'unknown' })
    serve(() => refusal(403, 'access/role'))
    expect((await watch()).end).toMatchObject({ kind: 'refused', error: { code: 'access/role' } })
  })

  it('tries again when the server is busy or broken', async () => {
    serve(
      () => refusal(429, 'busy/rate'),
      () => refusal(503, 'x'),
      (after) => body(streamAfter(after)),
    )
    expect((await watch()).text).toBe(WHOLE)
  })
})
