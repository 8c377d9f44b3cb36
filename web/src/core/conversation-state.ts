/** A conversation as it is shown: the path, what is being sent at its end, and the answer that is on its way. */

import type { ApiError } from './api'
import { EMPTY_PATH, type Path } from './path'
import type { Reply } from './reply'
import type { AttachmentRef, Conversation, Message } from './wire'

/** What the person asked for and the server has not taken yet. */
export interface Sending {
  /** Makes a repeated request start one run only. */
  readonly clientId: string
  readonly parentId: string
  /** Where it stands, or, where nothing new is said, where its answer will stand. */
  readonly depth: number
  /** Null asks for another answer to the message at the end of the path. */
  readonly text: string | null
  readonly attachments: readonly AttachmentRef[]
  /** Why it was not taken; null while it is under way. */
  readonly error: ApiError | null
}

/**
 * `new`: nothing was said yet, and the server knows nothing of it. `failed`: it could not be read.
 * `gone`: there is no such conversation of this person.
 */
export type Phase = 'new' | 'loading' | 'ready' | 'failed' | 'gone'

export interface ConversationState {
  /** Empty as long as it is new. */
  readonly id: string
  readonly phase: Phase
  readonly error: unknown
  readonly info: Conversation | null
  readonly path: Path
  readonly sending: Sending | null
  /** Answers on their way, and those that left no message, oldest first. */
  readonly replies: readonly Reply[]
  readonly isSwitching: boolean
  /** Why messages in view could not be read. */
  readonly gapError: unknown
  /** Name of a message in the list as long as it was not stored, by its id: what is stored does not move. */
  readonly names: ReadonlyMap<string, string>
}

export function initialState(id: string): ConversationState {
  return {
    id,
    phase: id === '' ? 'new' : 'loading',
    error: null,
    info: null,
    path: EMPTY_PATH,
    sending: null,
    replies: [],
    isSwitching: false,
    gapError: null,
    names: new Map(),
  }
}

/** One line of the list. */
export type Entry =
  | { readonly kind: 'message'; readonly key: string; readonly message: Message }
  | { readonly kind: 'gap'; readonly key: string }
  | { readonly kind: 'sending'; readonly key: string; readonly sending: Sending }
  | { readonly kind: 'reply'; readonly key: string; readonly reply: Reply }

/** The answer that is shown on its way at the end of the path, null where there is none. */
export function shownReply(state: ConversationState): Reply | null {
  if (state.sending !== null) return null
  return state.replies.findLast((reply) => reply.parentId === state.path.leafId) ?? null
}

/** How many lines the list has. */
export function entryCount(state: ConversationState): number {
  const isMore = state.sending !== null || shownReply(state) !== null
  return state.path.length + (isMore ? 1 : 0)
}

/** The line at an index; lines of the path stand at their depth. */
export function entryAt(state: ConversationState, index: number): Entry {
  const message = state.path.rows.get(index)
  if (message !== undefined && index < state.path.length) {
    return { kind: 'message', key: state.names.get(message.id) ?? message.id, message }
  }
  if (index < state.path.length) return { kind: 'gap', key: `gap-${index}` }
  if (state.sending !== null) {
    return { kind: 'sending', key: state.sending.clientId, sending: state.sending }
  }
  const reply = shownReply(state)
  return reply === null ? { kind: 'gap', key: `gap-${index}` } : { kind: 'reply', key: reply.runId, reply }
}

/** Name of the line at an index: the same as long as it is the same message to the reader. */
export function entryKey(state: ConversationState, index: number): string | number {
  const id = index < state.path.length ? state.path.rows.get(index)?.id : undefined
  if (id !== undefined) return state.names.get(id) ?? id
  return index < state.path.length ? index : entryAt(state, index).key
}

/** Whether an answer is being asked for or given at the end of the path. */
export function isAnswering(state: ConversationState): boolean {
  if (state.sending !== null) return state.sending.error === null
  return shownReply(state)?.isOver === false
}

/** One of several messages at a place: a stored one, or an answer on its way. */
export interface Branch {
  readonly id: string
  readonly isReply: boolean
}

export interface Branches {
  /** Counted from 1. */
  readonly place: number
  readonly total: number
  readonly previous: Branch | null
  readonly next: Branch | null
}

/** The ways to other messages at the place of an entry; null where there are none. */
export function branchesOf(state: ConversationState, entry: Entry): Branches | null {
  const all = allAt(state, entry)
  const id = entry.kind === 'message' ? entry.message.id : entry.kind === 'reply' ? entry.reply.runId : ''
  const index = all.findIndex((branch) => branch.id === id)
  if (index < 0 || all.length < 2) return null
  return {
    place: index + 1,
    total: all.length,
    previous: all[index - 1] ?? null,
    next: all[index + 1] ?? null,
  }
}

function allAt(state: ConversationState, entry: Entry): Branch[] {
  if (entry.kind !== 'message' && entry.kind !== 'reply') return []
  const parentId = entry.kind === 'message' ? entry.message.parent_id : entry.reply.parentId
  const stored = entry.kind === 'message' ? entry.message.siblings : entry.reply.earlier
  const isAnswer = entry.kind === 'reply' || entry.message.role === 'assistant'
  const replies = isAnswer ? state.replies.filter((reply) => reply.parentId === parentId) : []
  return [
    ...stored.map((id) => ({ id, isReply: false })),
    ...replies.map((reply) => ({ id: reply.runId, isReply: true })),
  ]
}
