/**
 * One conversation in this page, and everything that can be done in it.
 *
 * * What the person does shows at once; what the server says of it takes its place.
 * * The server decides which path is shown: what another tab sent or switched is taken over when
 *   `refresh` is called, unless something of this tab's is under way.
 * * Every request that says something carries a random `client_id`, so that it may be repeated.
 * * `leave` and `open` may follow each other at any time; answers go on without a watcher.
 */

import { createStore, type StoreApi } from 'zustand/vanilla'
import { ApiError } from './api'
import * as calls from './conversation-calls'
import {
  type Branch,
  type ConversationState,
  initialState,
  type Sending,
  shownReply,
} from './conversation-state'
import { cutTo, gapIn, type Path, type Span, trimTo, withEnd, withPage, withRows, withSibling } from './path'
import { randomId } from './random'
import { Reply } from './reply'
import { sendAgain } from './resend'
import type { AttachmentRef, Message, RunRef, RunStarted } from './wire'

const PAGE = 100
const MOST_ROWS = 1500
const GAP_PAUSE_MS = 2000

export interface ConversationParts {
  /** Resolves with true once somebody is signed in again, with false when they will not. */
  readonly whenSignedIn: () => Promise<boolean>
  /** Something changed that lists of conversations show. */
  readonly onChange: (conversation: OpenConversation) => void
}

let made = 0

export class OpenConversation {
  /** Tells it from the others of this page, also while it has no id. */
  readonly serial = ++made
  readonly state: StoreApi<ConversationState>
  private readonly parts: ConversationParts
  private isWatched = false
  /** Counts what was done here: an answer of the server from before is not taken. */
  private deeds = 0
  private isOutdated = false
  private inView: Span = { from: 0, to: 0 }
  private isFilling = false
  /** What is shown again when what is being sent is given up. */
  private before: Path | null = null
  private stopsWhenStarted = false
  /** An answer that the person went back to: its path is shown when it is there. */
  private chosenReply: Reply | null = null

  constructor(id: string, parts: ConversationParts) {
    this.state = createStore(() => initialState(id))
    this.parts = parts
  }

  get now(): ConversationState {
    return this.state.getState()
  }

  /** Shows it: reads what is new, and goes on watching answers. */
  open(): void {
    this.isWatched = true
    for (const reply of this.now.replies) reply.watch()
    void this.refresh()
  }

  /** Nobody looks at it any more. */
  leave(): void {
    this.isWatched = false
    for (const reply of this.now.replies) reply.leave()
  }

  /** Takes over what the server has. */
  async refresh(): Promise<void> {
    const { id, phase } = this.now
    if (id === '') return
    if (phase === 'failed') this.state.setState({ phase: 'loading', error: null })
    const deeds = this.deeds
    try {
      const page = await calls.readMessages(id, { limit: PAGE })
      if (deeds !== this.deeds || this.isBusy()) {
        this.isOutdated = true
        return
      }
      const path = withPage(this.now.path, page, page.conversation.leaf_id)
      this.state.setState({ phase: 'ready', error: null, info: page.conversation, path })
      this.adoptRuns(page.conversation.running)
    } catch (error) {
      this.failToRead(error)
    }
  }

  /** Says which lines are in view; what is missing there and near it is read. */
  look(span: Span): void {
    this.inView = span
    void this.fill()
  }

  /** Says something at the end of the path. */
  send(text: string, attachments: readonly AttachmentRef[], channel: string): Promise<void> {
    const { path } = this.now
    return this.begin({ parentId: path.leafId, depth: path.length, text, attachments }, channel)
  }

  /** Says something else in place of a message; what was said stays beside it. */
  edit(message: Message, text: string, attachments: readonly AttachmentRef[]): Promise<void> {
    const { parent_id: parentId, depth } = message
    this.before = this.now.path
    this.state.setState({ path: cutTo(this.now.path, depth, parentId) })
    return this.begin({ parentId, depth, text, attachments }, '')
  }

  /** Asks for another answer to the message `parentId`, which stands above `depth`. */
  retry(parentId: string, depth: number): Promise<void> {
    this.before = this.now.path
    const replies = this.now.replies.filter((reply) => !(reply.isOver && reply.parentId === parentId))
    this.state.setState({ path: cutTo(this.now.path, depth, parentId), replies })
    return this.begin({ parentId, depth, text: null, attachments: [] }, '')
  }

  /** Tries once more what was not taken. */
  async resend(channel: string): Promise<void> {
    const { sending } = this.now
    if (sending !== null && sending.error !== null) await this.post({ ...sending, error: null }, channel)
  }

  /** Gives up what was not taken, and returns it. */
  dropSending(): Sending | null {
    const { sending, path } = this.now
    if (sending === null || sending.error === null) return null
    this.state.setState({ sending: null, path: this.before ?? path })
    this.before = null
    this.afterDeed()
    return sending
  }

  /** Ends the answer at the end of the path; what has come of it stays. */
  async stop(): Promise<void> {
    if (this.now.sending !== null) {
      this.stopsWhenStarted = true
      return
    }
    const reply = shownReply(this.now)
    if (reply === null || reply.isOver || reply.state.getState().isStopping) return
    reply.state.setState({ isStopping: true })
    try {
      await calls.stopRun(this.now.id, reply.runId)
    } catch (error) {
      reply.state.setState({ isStopping: false })
      // The run is over: its last event says how.
      if (!(error instanceof ApiError && error.status === 404)) throw error
    }
  }

  /** Shows another message in the place of the one at `depth`. */
  async choose(branch: Branch, depth: number): Promise<void> {
    if (this.isBusy()) return
    this.deeds++
    if (branch.isReply) {
      const reply = this.now.replies.find(({ runId }) => runId === branch.id)
      if (reply === undefined) return
      this.chosenReply = reply
      this.state.setState({ path: cutTo(this.now.path, depth, reply.parentId) })
      return
    }
    await this.switchTo(branch.id, depth)
  }

  /** Shows the path through a message, wherever it is; returns its depth. */
  async show(messageId: string): Promise<number> {
    const above = await calls.readMessages(this.now.id, { leaf: messageId, limit: 1 })
    const depth = above.data.at(-1)?.depth ?? 0
    if (this.now.path.rows.get(depth)?.id !== messageId) await this.switchTo(messageId, depth)
    return depth
  }

  private async switchTo(messageId: string, depth: number): Promise<void> {
    this.state.setState({ isSwitching: true })
    try {
      const { leaf_id: leaf } = await calls.showMessage(this.now.id, messageId)
      const page = await calls.readMessages(this.now.id, { leaf, before: depth + PAGE / 2, limit: PAGE })
      this.deeds++
      this.state.setState({ path: withPage(this.now.path, page, leaf), info: page.conversation })
    } finally {
      this.state.setState({ isSwitching: false })
      this.afterDeed()
    }
  }

  private begin(said: Omit<Sending, 'clientId' | 'error'>, channel: string): Promise<void> {
    return this.post({ ...said, clientId: randomId(), error: null }, channel)
  }

  private async post(sending: Sending, channel: string): Promise<void> {
    this.deeds++
    this.stopsWhenStarted = false
    this.state.setState({ sending, ...(this.now.phase === 'loading' ? {} : { phase: 'ready' }) })
    try {
      if (this.now.id === '') {
        const info = await sendAgain(() => calls.createConversation(channel), this.parts.whenSignedIn)
        this.state.setState({ id: info.id, info })
        this.parts.onChange(this)
      }
      const body = {
        parent_id: sending.parentId,
        client_id: sending.clientId,
        ...(sending.text === null ? {} : { text: sending.text }),
        ...(sending.attachments.length === 0 ? {} : { attachments: sending.attachments.map(({ id }) => id) }),
      } as Parameters<typeof calls.startRun>[1]
      const started = await sendAgain(() => calls.startRun(this.now.id, body), this.parts.whenSignedIn)
      this.takeStarted(sending, started)
    } catch (error) {
      if (!(error instanceof ApiError)) throw error
      this.failToSend(sending, error)
    }
  }

  private takeStarted(sending: Sending, { run, message }: RunStarted): void {
    this.deeds++
    const earlier = sending.text === null ? (this.before?.rows.get(sending.depth)?.siblings ?? []) : []
    this.before = null
    const { path, names } = this.now
    this.state.setState({
      sending: null,
      path: message === null ? path : withEnd(path, message),
      names: new Map(names).set(message?.id ?? '', sending.clientId),
    })
    this.adoptRuns([{ id: run.id, parent_id: run.parent_id }], earlier)
    if (this.stopsWhenStarted) void this.stop()
    this.afterDeed()
    this.parts.onChange(this)
  }

  private failToSend(sending: Sending, error: ApiError): void {
    if (error.code === 'run/answered') {
      // An earlier try arrived after all, and its answer is there.
      this.before = null
      this.state.setState({ sending: null })
      void this.refresh()
      return
    }
    this.state.setState({ sending: { ...sending, error } })
  }

  /** Watches runs that are not watched yet. */
  private adoptRuns(running: readonly RunRef[], earlier: readonly string[] = []): void {
    const { id, replies } = this.now
    const known = new Set(replies.map(({ runId }) => runId))
    const added = running
      .filter((run) => !known.has(run.id))
      .map(
        (run) =>
          new Reply(calls.runPath(id, run.id), run, earlier, {
            whenSignedIn: this.parts.whenSignedIn,
            readStored: () => this.refresh(),
            onEnd: (reply, message) => this.endReply(reply, message),
          }),
      )
    // What left no message is shown until the conversation goes on.
    const kept = replies.filter((reply) => !reply.isOver || reply.parentId === this.now.path.leafId)
    this.state.setState({ replies: [...kept, ...added] })
    if (this.isWatched) for (const reply of added) reply.watch()
  }

  private endReply(reply: Reply, message: Message | null): void {
    this.deeds++
    if (message === null) {
      this.state.setState({ replies: [...this.now.replies] })
      void this.refresh()
    } else {
      const { path, names, replies } = this.now
      const isShown = shownReply(this.now) === reply
      this.state.setState({
        path: isShown ? withEnd(path, message) : withSibling(path, message),
        replies: replies.filter((other) => other !== reply),
        names: new Map(names).set(message.id, reply.runId),
      })
      if (isShown && this.chosenReply === reply) void this.switchTo(message.id, message.depth)
      this.afterDeed()
    }
    if (this.chosenReply === reply) this.chosenReply = null
    this.parts.onChange(this)
  }

  private isBusy(): boolean {
    return this.now.isSwitching || (this.now.sending !== null && this.now.sending.error === null)
  }

  private afterDeed(): void {
    if (!this.isOutdated || this.isBusy()) return
    this.isOutdated = false
    void this.refresh()
  }

  private failToRead(error: unknown): void {
    if (error instanceof ApiError && error.status === 404) {
      this.state.setState({ phase: 'gone', error })
    } else if (this.now.phase !== 'ready') {
      this.state.setState({ phase: 'failed', error })
    }
  }

  /** Reads what is missing around the view, one page at a time. */
  private async fill(): Promise<void> {
    if (this.isFilling) return
    this.isFilling = true
    try {
      for (;;) {
        const { id, path } = this.now
        const { from, to } = this.inView
        const near = { from: from - PAGE / 2, to: to + PAGE / 2 }
        const gap = gapIn(path, this.inView, PAGE) ?? gapIn(path, near, PAGE)
        if (gap === null) break
        // Reading from a row that is there costs the same at any depth.
        const below = path.rows.get(gap.to)
        const query = below === undefined ? { leaf: path.leafId, before: gap.to } : { leaf: below.parent_id }
        const page = await calls.readMessages(id, { ...query, limit: gap.to - gap.from })
        if (this.now.path.leafId !== path.leafId) continue
        const filled = trimTo(withRows(this.now.path, page.data), from, MOST_ROWS)
        this.state.setState({ path: filled, gapError: null })
        if (!this.now.path.rows.has(gap.to - 1)) break
      }
      this.isFilling = false
    } catch (error) {
      this.state.setState({ gapError: error })
      setTimeout(() => {
        this.isFilling = false
      }, GAP_PAUSE_MS)
    }
  }
}
