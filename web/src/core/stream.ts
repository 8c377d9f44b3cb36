/**
 * Watching one run: its events in order, each once, however often the connection breaks.
 *
 * * A broken connection is taken up again behind the last whole event, after 250 ms, then twice as
 *   long each time up to 10 s, and at once when the browser says that it is online again.
 * * A session that ended waits until the person has signed in again, and goes on.
 * * A connection that says nothing for 45 s is dead: the server sends a sign of life every 15 s.
 * * A run that the server does not know is over: its stored messages say how it ended.
 */

import { ApiError, request } from './api'
import { EventStreamParser } from './sse'
import type { StreamEvent } from './wire'

/** `waiting`: the connection broke and will be tried again. `signedOut`: the person must sign in first. */
export type Connection = 'connecting' | 'open' | 'waiting' | 'signedOut'

/** `last`: the last event was read. `unknown`: the server has no such run. `refused`: it gave another error. */
export type WatchEnd =
  | { readonly kind: 'last' }
  | { readonly kind: 'unknown' }
  | { readonly kind: 'refused'; readonly error: ApiError }

export interface Watcher {
  /** `number` is what to go on behind. */
  readonly onEvent: (event: StreamEvent, number: number) => void
  readonly onConnection: (connection: Connection) => void
  /** Resolves with true once somebody is signed in again, with false when they will not. */
  readonly whenSignedIn: () => Promise<boolean>
}

const FIRST_WAIT_MS = 250
const LONGEST_WAIT_MS = 10_000
const SILENCE_LIMIT_MS = 45_000

/**
 * Reads the events of the run at `path` until its last one; rejects only when `signal` is aborted.
 *
 * `after` is the number of the last event that the caller has.
 */
export async function watchRun(
  path: string,
  watcher: Watcher,
  signal: AbortSignal,
  after = 0,
): Promise<WatchEnd> {
  const reader = new RunReader(path, watcher, signal, after)
  let failures = 0
  for (;;) {
    watcher.onConnection('connecting')
    const before = reader.last
    const end = await reader.read()
    signal.throwIfAborted()
    if (end === 'signedOut') {
      watcher.onConnection('signedOut')
      if (!(await watcher.whenSignedIn())) return { kind: 'refused', error: signedOutError() }
      signal.throwIfAborted()
    } else if (end !== 'broken') {
      return end
    } else {
      failures = reader.last > before ? 1 : failures + 1
      watcher.onConnection('waiting')
      await pause(Math.min(FIRST_WAIT_MS * 2 ** (failures - 1), LONGEST_WAIT_MS), signal)
    }
  }
}

class RunReader {
  /** Number of the last event that was read. */
  last: number
  private readonly path: string
  private readonly watcher: Watcher
  private readonly signal: AbortSignal

  constructor(path: string, watcher: Watcher, signal: AbortSignal, after: number) {
    this.path = path
    this.watcher = watcher
    this.signal = signal
    this.last = after
  }

  /** Reads one connection to its end. */
  async read(): Promise<WatchEnd | 'broken' | 'signedOut'> {
    const alive = new Lifeline(this.signal)
    try {
      const response = await request(`${this.path}/events`, {
        query: { after: this.last },
        headers: { accept: 'text/event-stream' },
        signal: alive.signal,
      })
      this.watcher.onConnection('open')
      return await this.readBody(response, alive)
    } catch (error) {
      if (error instanceof ApiError) return endOf(error)
      if (alive.signal.aborted) return 'broken'
      throw error
    } finally {
      alive.end()
    }
  }

  private async readBody(response: Response, alive: Lifeline): Promise<WatchEnd | 'broken'> {
    const parser = new EventStreamParser()
    const reader = response.body?.getReader()
    for (;;) {
      // A connection that breaks and one that ends too early are the same to us.
      const piece = await reader?.read().catch(() => undefined)
      if (piece === undefined || piece.done) return 'broken'
      alive.renew()
      for (const { id, data } of parser.push(piece.value)) {
        const number = Number(id)
        // A server that repeats itself is heard once.
        if (!(number > this.last)) continue
        const event = JSON.parse(data) as StreamEvent
        this.last = number
        this.watcher.onEvent(event, number)
        if (event.type === 'completed' || event.type === 'failed') return { kind: 'last' }
      }
    }
  }
}

/** An abort signal that fires when `parent` does, or when nothing came for too long. */
class Lifeline {
  private readonly controller = new AbortController()
  private readonly parent: AbortSignal
  private timer: ReturnType<typeof setTimeout> | undefined

  constructor(parent: AbortSignal) {
    this.parent = parent
    parent.addEventListener('abort', this.cut)
    if (parent.aborted) this.cut()
    this.renew()
  }

  get signal(): AbortSignal {
    return this.controller.signal
  }

  renew(): void {
    clearTimeout(this.timer)
    this.timer = setTimeout(this.cut, SILENCE_LIMIT_MS)
  }

  end(): void {
    clearTimeout(this.timer)
    this.parent.removeEventListener('abort', this.cut)
    this.controller.abort()
  }

  private readonly cut = () => this.controller.abort()
}

function endOf(error: ApiError): WatchEnd | 'broken' | 'signedOut' {
  if (error.status === 401) return 'signedOut'
  if (error.status === 404) return { kind: 'unknown' }
  const mayPass = error.status === 0 || error.status === 429 || error.status >= 500
  return mayPass ? 'broken' : { kind: 'refused', error }
}

function signedOutError(): ApiError {
  return new ApiError(401, 'access/none', 'nobody is signed in')
}

/** Waits, at most until the browser is online again; rejects when `signal` is aborted. */
function pause(limitMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const end = () => {
      clearTimeout(timer)
      globalThis.removeEventListener?.('online', end)
      signal.removeEventListener('abort', end)
      if (signal.aborted) reject(signal.reason)
      else resolve()
    }
    const timer = setTimeout(end, limitMs)
    globalThis.addEventListener?.('online', end)
    signal.addEventListener('abort', end)
  })
}
