/**
 * A server in memory for tests of the chat: conversations with branches, runs that say what the test
 * tells them, streams that break when the test wants it. It answers `fetch`.
 */

import { vi } from 'vitest'
import type { Conversation, Message, Model, StreamEvent, TurnRef } from '@/core/wire'

const encoder = new TextEncoder()

interface Answer {
  readonly status: number
  readonly body: unknown
}

/** One run; the test speaks for the model. */
export class FakeRun {
  readonly id: string
  readonly parentId: string
  readonly conversation: FakeConversation
  readonly events: StreamEvent[] = []
  readonly readers = new Set<ReadableStreamDefaultController<Uint8Array>>()
  text = ''
  isOver = false

  constructor(id: string, conversation: FakeConversation, parentId: string) {
    this.id = id
    this.conversation = conversation
    this.parentId = parentId
  }

  /** Begins the turn. */
  start(leftOut = 0): this {
    return this.add({
      type: 'started',
      turn_id: `turn-${this.id}`,
      channel: 'assistant',
      release: 'r'.repeat(64),
      runtime: 't'.repeat(64),
      arm: 'head',
      mode: 'solo',
      created_ms: 1_000,
      left_out: leftOut,
    })
  }

  say(...pieces: readonly string[]): this {
    for (const text of pieces) {
      this.text += text
      this.add({ type: 'text', text })
    }
    return this
  }

  /** Ends the turn with its message. */
  complete(status: TurnRef['status'] = 'complete', turn: Partial<TurnRef> = {}): Message {
    const message = this.conversation.answer(this, this.text, status, turn)
    this.end({ type: 'completed', status, message, record: {}, promise: '', secret: '' })
    return message
  }

  /** Ends it with an error; `isStored`: a turn had begun. */
  fail(code = 'model/failed', isStored = true, retryAfterS: number | null = null): void {
    const error = { code, message: `it failed: ${code}`, hint: 'try again' }
    const stored = isStored ? this.conversation.answer(this, this.text, 'failed', {}, error) : null
    this.end({ type: 'failed', ...error, status: 502, retry_after_s: retryAfterS, stored })
  }

  /** Breaks every connection that reads it. */
  cut(): void {
    for (const reader of this.readers) reader.error(new TypeError('network'))
    this.readers.clear()
  }

  add(event: StreamEvent): this {
    this.events.push(event)
    const bytes = frame(this.events.length, event)
    for (const reader of this.readers) reader.enqueue(bytes)
    return this
  }

  read(after: number, signal: AbortSignal | null): Response {
    let controller: ReadableStreamDefaultController<Uint8Array>
    const stream = new ReadableStream<Uint8Array>({
      start: (given) => {
        controller = given
        this.events.slice(after).forEach((event, index) => {
          controller.enqueue(frame(after + index + 1, event))
        })
        if (this.isOver) controller.close()
        else this.readers.add(controller)
        signal?.addEventListener('abort', () => {
          if (this.readers.delete(controller)) controller.error(signal.reason)
        })
      },
      cancel: () => void this.readers.delete(controller),
    })
    return new Response(stream, { headers: { 'content-type': 'text/event-stream' } })
  }

  private end(event: StreamEvent): void {
    this.isOver = true
    this.add(event)
    for (const reader of this.readers) reader.close()
    this.readers.clear()
  }
}

function frame(number: number, event: StreamEvent): Uint8Array {
  return encoder.encode(`id: ${number}\ndata: ${JSON.stringify(event)}\n\n`)
}

/** A conversation as the server keeps it. */
export class FakeConversation {
  readonly messages = new Map<string, Message>()
  readonly clients = new Map<string, string>()
  leafId = ''
  title = ''
  channel = 'assistant'
  readonly id: string
  readonly server: FakeServer

  constructor(id: string, server: FakeServer) {
    this.id = id
    this.server = server
  }

  /** Fills it with `texts` in turns: asked, answered, asked, … */
  fill(...texts: readonly string[]): this {
    for (const [index, text] of texts.entries()) {
      this.append(this.leafId, index % 2 === 0 ? 'user' : 'assistant', text)
    }
    return this
  }

  append(parentId: string, role: Message['role'], text: string, more: Partial<Message> = {}): Message {
    const id = this.server.newId('m')
    const depth = parentId === '' ? 0 : this.get(parentId).depth + 1
    const message: Message = {
      id,
      parent_id: parentId,
      depth,
      role,
      text,
      attachments: [],
      turn: null,
      claims: [],
      error: null,
      created_ms: 1_000 + this.messages.size,
      erased_ms: null,
      siblings: [],
      ...more,
    }
    this.messages.set(id, message)
    this.leafId = id
    return this.get(id)
  }

  answer(
    run: FakeRun,
    text: string,
    status: TurnRef['status'],
    turn: Partial<TurnRef>,
    error: Message['error'] = null,
  ): Message {
    const before = this.leafId
    const made = this.append(run.parentId, 'assistant', text, { turn: turnRef(run.id, status, turn), error })
    if (before !== run.parentId) this.leafId = before
    return made
  }

  get(id: string): Message {
    const found = this.messages.get(id)
    if (found === undefined) throw new Error(`no message ${id}`)
    const siblings = [...this.messages.values()].filter(({ parent_id }) => parent_id === found.parent_id)
    return { ...found, siblings: siblings.map((message) => message.id) }
  }

  path(leafId: string): Message[] {
    const path: Message[] = []
    for (let id = leafId; id !== ''; id = this.get(id).parent_id) path.unshift(this.get(id))
    return path
  }

  end(messageId: string): string {
    let id = messageId
    for (;;) {
      const child = [...this.messages.values()].findLast(({ parent_id }) => parent_id === id)
      if (child === undefined) return id
      id = child.id
    }
  }

  info(): Conversation {
    const running = [...this.server.runs.values()].filter((run) => run.conversation === this && !run.isOver)
    return {
      id: this.id,
      channel: this.channel,
      title: this.title,
      created_ms: 0,
      updated_ms: 0,
      is_pinned: false,
      is_archived: false,
      leaf_id: this.leafId,
      messages: this.messages.size,
      running: running.map((run) => ({ id: run.id, parent_id: run.parentId })),
    }
  }
}

function turnRef(runId: string, status: TurnRef['status'], more: Partial<TurnRef>): TurnRef {
  const id = `turn-${runId}`
  return {
    id,
    status,
    release: 'r'.repeat(64),
    mode: 'solo',
    receipt: `/v1/receipts/${id}`,
    refusal: null,
    left_out: 0,
    withheld: 0,
    drafts: null,
    ...more,
  }
}

/** The server; `install` lets it answer `fetch`. */
export class FakeServer {
  readonly conversations = new Map<string, FakeConversation>()
  readonly runs = new Map<string, FakeRun>()
  /** What was asked: `POST /v1/conversations`, oldest first, without the answers of streams. */
  readonly asked: string[] = []
  models: Model[] = [model('assistant')]
  isDown = false
  isSignedOut = false
  /** Answers by method and path that take the place of the usual ones, each once. */
  readonly faults: { readonly asked: RegExp; readonly answer: Answer | 'unreachable' | 'lost' }[] = []
  private ids = 0

  install(): this {
    vi.stubGlobal('fetch', (url: string, init: RequestInit) => this.fetch(url, init))
    return this
  }

  newId(kind: string): string {
    this.ids++
    return `${kind}${this.ids}`
  }

  add(...texts: readonly string[]): FakeConversation {
    const made = new FakeConversation(this.newId('c'), this)
    this.conversations.set(made.id, made)
    return made.fill(...texts)
  }

  /** The youngest run. */
  get run(): FakeRun {
    const run = [...this.runs.values()].at(-1)
    if (run === undefined) throw new Error('no run was started')
    return run
  }

  /** Starts it again: it knows no run any more. */
  restart(): void {
    for (const run of this.runs.values()) run.cut()
    this.runs.clear()
  }

  /** Breaks every stream. */
  cut(): void {
    for (const run of this.runs.values()) run.cut()
  }

  private async fetch(url: string, init: RequestInit): Promise<Response> {
    const address = new URL(url, 'http://localhost')
    const asked = `${init.method ?? 'GET'} ${address.pathname}`
    this.asked.push(asked)
    if (this.isDown) throw new TypeError('network')
    if (this.isSignedOut) return reply(refusal(401, 'access/none'))
    const fault = this.faults.find((one) => one.asked.test(asked))
    if (fault !== undefined) this.faults.splice(this.faults.indexOf(fault), 1)
    if (fault?.answer === 'unreachable') throw new TypeError('network')
    if (fault !== undefined && fault.answer !== 'lost') return reply(fault.answer)
    const answer = this.answer(asked, address.searchParams, init)
    if (fault?.answer === 'lost') throw new TypeError('network')
    return answer instanceof Response ? answer : reply(answer)
  }

  private answer(asked: string, query: URLSearchParams, init: RequestInit): Answer | Response {
    const body = typeof init.body === 'string' ? (JSON.parse(init.body) as Record<string, string>) : {}
    if (asked === 'GET /v1/models') return ok({ object: 'list', data: this.models })
    if (asked === 'POST /v1/conversations') return { status: 201, body: this.add().info() }
    const [, method, id, rest] = /^(\w+) \/v1\/conversations\/([^/]+)(.*)$/.exec(asked) ?? []
    const conversation = this.conversations.get(id ?? '')
    if (conversation === undefined) return refusal(404, 'object/unknown')
    const [, runId, verb] = /^\/runs\/([^/]+)\/(\w+)$/.exec(rest ?? '') ?? []
    if (runId !== undefined) {
      const run = this.runs.get(runId)
      if (run === undefined) return refusal(404, 'run/unknown')
      if (verb === 'events') return run.read(Number(query.get('after')), init.signal ?? null)
      if (!run.isOver) run.complete('cancelled')
      return { status: 204, body: null }
    }
    switch (`${method} ${rest}`) {
      case 'GET ':
        return ok(conversation.info())
      case 'GET /messages':
        return this.page(conversation, query)
      case 'POST /show':
        conversation.leafId = conversation.end(body['message_id'] ?? '')
        return ok({ leaf_id: conversation.leafId })
      case 'POST /runs':
        return this.start(conversation, body)
      default:
        return refusal(404, 'request/no-such-path')
    }
  }

  private page(conversation: FakeConversation, query: URLSearchParams): Answer {
    const path = conversation.path(query.get('leaf') ?? conversation.leafId)
    const above = path.slice(0, Number(query.get('before') ?? path.length))
    const data = above.slice(-Number(query.get('limit') ?? 100))
    return ok({
      conversation: conversation.info(),
      data,
      length: path.length,
      has_older: data.length < above.length,
    })
  }

  private start(conversation: FakeConversation, body: Record<string, string>): Answer {
    const client = body['client_id'] ?? ''
    const known = this.runs.get(conversation.clients.get(client) ?? '')
    if (known !== undefined) {
      const message = body['text'] === undefined ? null : conversation.get(known.parentId)
      return { status: 202, body: { run: runBody(known), message } }
    }
    const parentId = body['parent_id'] ?? ''
    const text = body['text']
    const message = text === undefined ? null : conversation.append(parentId, 'user', text)
    if (message === null) conversation.leafId = parentId
    if (conversation.title === '') conversation.title = text ?? ''
    const run = new FakeRun(this.newId('run'), conversation, message?.id ?? parentId)
    this.runs.set(run.id, run)
    conversation.clients.set(client, run.id)
    return { status: 202, body: { run: runBody(run), message } }
  }
}

function runBody(run: FakeRun): unknown {
  return {
    id: run.id,
    conversation_id: run.conversation.id,
    parent_id: run.parentId,
    state: 'running',
    created_ms: 0,
  }
}

function ok(body: unknown): Answer {
  return { status: 200, body }
}

export function refusal(status: number, code: string): Answer {
  return { status, body: { error: { code, message: `refused: ${code}`, hint: 'a hint' } } }
}

function reply({ status, body }: Answer): Response {
  return new Response(body === null ? null : JSON.stringify(body), { status })
}

export function model(id: string, more: Partial<Model['verax']> = {}): Model {
  return {
    id,
    object: 'model',
    created: 0,
    owned_by: 'verax',
    verax: {
      release: 'r'.repeat(64),
      head_index: 3,
      mode: 'solo',
      frozen: false,
      canary: null,
      title: null,
      sees: ['text'],
      attachments: ['text', 'pdf'],
      model: 'scripted',
      truth_mode: 'off',
      audience: null,
      context_tokens: 4096,
      ...more,
    },
  }
}
