/** Two replies to one question, as far as their events have come; pure. */

import type { PreviewEvent } from '@/core/wire'

export type Side = 'base' | 'candidate'
export const SIDES: readonly Side[] = ['base', 'candidate']

export interface ReplyProblem {
  readonly code: string
  readonly message: string
  readonly hint: string
}

export interface Reply {
  /** Id of the turn, empty until it has begun. */
  readonly turn: string
  readonly text: string
  /** What a policy said, empty where none stopped it. */
  readonly refusal: string
  /** How the turn ended; `stopped` where the reviewer left it. */
  readonly status: 'waiting' | 'writing' | 'stopped' | Extract<PreviewEvent, { type: 'completed' }>['status']
  readonly problem: ReplyProblem | null
}

export interface ReplyPair {
  /** Counts the questions of one page. */
  readonly id: number
  readonly question: string
  /** By side; a channel's first release has nothing beside it. */
  readonly replies: ReadonlyMap<Side, Reply>
}

const NOTHING: Reply = { turn: '', text: '', refusal: '', status: 'waiting', problem: null }

/** A question that was just asked. */
export function asked(id: number, question: string, sides: readonly Side[]): ReplyPair {
  return { id, question, replies: new Map(sides.map((side) => [side, NOTHING])) }
}

/** The pair after one more event. */
export function take(pair: ReplyPair, event: PreviewEvent): ReplyPair {
  if (event.type === 'ended') return pair
  const before = pair.replies.get(event.side) ?? NOTHING
  return { ...pair, replies: new Map(pair.replies).set(event.side, replyAfter(before, event)) }
}

/** The pair when nothing more comes: what had not ended was stopped, or failed for `problem`. */
export function ended(pair: ReplyPair, problem: ReplyProblem | null): ReplyPair {
  const status = problem === null ? 'stopped' : 'failed'
  return {
    ...pair,
    replies: new Map(
      [...pair.replies].map(([side, reply]) => [side, isOpen(reply) ? { ...reply, status, problem } : reply]),
    ),
  }
}

/** Whether more may come. */
export function isOpen({ status }: Reply): boolean {
  return status === 'waiting' || status === 'writing'
}

/** Whether the release has said all that it says to this question, so that it can be compared. */
export function isWhole(reply: Reply): boolean {
  return !isOpen(reply) && reply.status !== 'stopped' && reply.problem === null
}

function replyAfter(reply: Reply, event: Exclude<PreviewEvent, { type: 'ended' }>): Reply {
  switch (event.type) {
    case 'started':
      return { ...reply, turn: event.turn_id, status: 'writing' }
    case 'text':
      return { ...reply, text: reply.text + event.text }
    case 'tool_call':
      return { ...reply, text: `${reply.text}${event.name}(${event.arguments})` }
    case 'claim':
      return reply
    case 'refusal':
      return { ...reply, refusal: `${event.reason} ${event.next_step}`.trim() }
    case 'completed':
      return { ...reply, status: event.status }
    case 'failed':
      return {
        ...reply,
        status: 'failed',
        problem: { code: event.code, message: event.message, hint: event.hint },
      }
    default:
      return event satisfies never
  }
}
