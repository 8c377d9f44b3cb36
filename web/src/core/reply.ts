/**
 * An answer that is being given: its text as far as it has come, and how it stands.
 *
 * * Words come faster than a screen is drawn; they are shown together, once a frame.
 * * It has ended when its message is stored, or when it is known that there will be none.
 */

import { createStore, type StoreApi } from 'zustand/vanilla'
import type { ApiError } from './api'
import { type Connection, type WatchEnd, watchRun } from './stream'
import type {
  ClaimEvent,
  FailedEvent,
  Message,
  MessageError,
  RefusalEvent,
  RunRef,
  StartedEvent,
  StreamEvent,
  ToolCallEvent,
} from './wire'

/**
 * How an answer ended that left no message: `failed` before anything was recorded, `lost` with the
 * server's memory, or `refused` to be shown.
 */
export type ReplyLoss =
  | { readonly kind: 'failed'; readonly error: MessageError; readonly retryAfterS: number | null }
  | { readonly kind: 'lost' }
  | { readonly kind: 'refused'; readonly error: ApiError }

export interface ReplyState {
  readonly connection: Connection
  readonly isStopping: boolean
  readonly started: StartedEvent | null
  readonly text: string
  readonly refusal: RefusalEvent | null
  readonly toolCalls: readonly ToolCallEvent[]
  readonly claims: readonly ClaimEvent[]
  readonly loss: ReplyLoss | null
}

const AT_FIRST: ReplyState = {
  connection: 'connecting',
  isStopping: false,
  started: null,
  text: '',
  refusal: null,
  toolCalls: [],
  claims: [],
  loss: null,
}

export interface ReplyParts {
  readonly whenSignedIn: () => Promise<boolean>
  /** Reads what is stored, where the server no longer knows the run; it takes the place of this answer. */
  readonly readStored: () => Promise<void>
  /** Gets the message that was stored, null where there is none. */
  readonly onEnd: (reply: Reply, message: Message | null) => void
}

/** One run as this page watches it. */
export class Reply {
  readonly state: StoreApi<ReplyState> = createStore(() => AT_FIRST)
  readonly runId: string
  /** The user's message that it answers. */
  readonly parentId: string
  /** Answers that stood there before, oldest first, as far as they are known. */
  readonly earlier: readonly string[]
  private readonly path: string
  private readonly parts: ReplyParts
  private watching: AbortController | null = null
  private last = 0
  private unshown = ''
  private frame: (() => void) | null = null

  constructor(path: string, run: RunRef, earlier: readonly string[], parts: ReplyParts) {
    this.path = path
    this.runId = run.id
    this.parentId = run.parent_id
    this.earlier = earlier
    this.parts = parts
  }

  get isOver(): boolean {
    return this.state.getState().loss !== null
  }

  /** Reads on from where it stopped; does nothing while it reads already, or when it is over. */
  watch(): void {
    if (this.watching !== null || this.isOver) return
    const controller = new AbortController()
    this.watching = controller
    const watcher = {
      onEvent: (event: StreamEvent, number: number) => this.take(event, number),
      onConnection: (connection: Connection) => this.state.setState({ connection }),
      whenSignedIn: this.parts.whenSignedIn,
    }
    watchRun(this.path, watcher, controller.signal, this.last).then(
      (end) => this.finish(end, controller.signal),
      (error: unknown) => {
        if (controller.signal.aborted) return
        reportError(error)
        void this.finish({ kind: 'unknown' }, controller.signal)
      },
    )
  }

  /** Stops reading; the run itself goes on. */
  leave(): void {
    this.watching?.abort()
    this.watching = null
    this.show()
  }

  private take(event: StreamEvent, number: number): void {
    this.last = number
    switch (event.type) {
      case 'started':
        this.state.setState({ started: event })
        break
      case 'text':
        this.addText(event.text)
        break
      case 'claim':
        this.state.setState(({ claims }) => ({ claims: [...claims, event] }))
        break
      case 'tool_call':
        this.state.setState(({ toolCalls }) => ({ toolCalls: [...toolCalls, event] }))
        break
      case 'refusal':
        this.state.setState({ refusal: event })
        break
      case 'completed':
        this.show()
        this.parts.onEnd(this, event.message)
        break
      case 'failed':
        this.fail(event)
        break
      default:
        event satisfies never
    }
  }

  private fail({ code, message, hint, retry_after_s, stored }: FailedEvent): void {
    this.show()
    if (stored === null) {
      this.lose({ kind: 'failed', error: { code, message, hint }, retryAfterS: retry_after_s })
    }
    this.parts.onEnd(this, stored)
  }

  private async finish(end: WatchEnd, signal: AbortSignal): Promise<void> {
    if (end.kind === 'unknown') await this.parts.readStored()
    if (signal.aborted) return
    this.watching = null
    if (end.kind === 'last') return
    this.lose(end.kind === 'unknown' ? { kind: 'lost' } : end)
    this.parts.onEnd(this, null)
  }

  private lose(loss: ReplyLoss): void {
    this.show()
    this.state.setState({ loss })
  }

  private addText(text: string): void {
    this.unshown += text
    this.frame ??= onNextFrame(() => this.show())
  }

  private show(): void {
    this.frame?.()
    this.frame = null
    if (this.unshown === '') return
    const added = this.unshown
    this.unshown = ''
    this.state.setState(({ text }) => ({ text: text + added }))
  }
}

const HIDDEN_FRAME_MS = 250

/** Calls `work` with the next frame, or soon in a page that is not drawn; returns the way to call it off. */
function onNextFrame(work: () => void): () => void {
  if (document.visibilityState === 'visible') {
    const id = requestAnimationFrame(work)
    return () => cancelAnimationFrame(id)
  }
  const id = setTimeout(work, HIDDEN_FRAME_MS)
  return () => clearTimeout(id)
}
