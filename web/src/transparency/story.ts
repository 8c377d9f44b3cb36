/** The folded log told for people: what happened on which channel, and which versions answered one after another. */

import { approvalsOf } from '@/proof/governance/fold-change'
import {
  type ChangeState,
  type ChangeStatus,
  type Outcome,
  type State,
  statusOf,
} from '@/proof/governance/state'
import { FULL } from '@/proof/governance/statement'

/** Return the channel that an entry is about, null for none. */
export function channelOf({ statement }: Outcome, state: State): string | null {
  switch (statement?.kind) {
    case 'change':
    case 'move':
    case 'alarm':
      return statement.channel === 'none' ? null : statement.channel
    case 'review':
    case 'gate':
      return state.changes.get(statement.subject)?.channel ?? null
    case 'root':
    case undefined:
      return null
    default:
      return statement satisfies never
  }
}

/** One version's time at the head of a channel. */
export interface Reign {
  readonly release: string
  /** Entry that put it there, and when its signer's clock said so. */
  readonly index: number
  readonly timeMs: number
  readonly by: 'admit' | 'step' | 'rollback'
  readonly change: string | null
  readonly persons: readonly string[]
}

/** Return the versions that a channel had at its head, oldest first. */
export function reignsOf(state: State, channel: string): Reign[] {
  const reigns: Reign[] = []
  const changeOf = new Map<string, string>()
  for (const { statement, reason, index, signers } of state.outcomes) {
    if (reason !== null || statement?.kind !== 'move' || statement.channel !== channel) continue
    const { act, to, from, share_bp, time_ms } = statement
    if (act === 'admit' || act === 'step') changeOf.set(to, statement.change)
    const isHead = (act === 'admit' || act === 'step') && share_bp === FULL
    // A rollback to the release that is at the head only drops a canary.
    const isBack = act === 'rollback' && reigns.at(-1)?.release === from
    if (!isHead && !isBack) continue
    reigns.push({
      release: to,
      index,
      timeMs: time_ms,
      by: act,
      change: changeOf.get(to) ?? null,
      persons: signers,
    })
  }
  return reigns
}

/** A change with what it has and what it lacks. */
export interface Proposal {
  readonly change: ChangeState
  readonly status: ChangeStatus
  readonly timeMs: number
  readonly approved: readonly string[]
  readonly rejected: readonly string[]
}

/** Return the changes of a channel, newest first. */
export function proposalsOf(state: State, channel: string): Proposal[] {
  return [...state.changes.values()]
    .filter((change) => change.channel === channel)
    .sort((one, other) => other.index - one.index)
    .map((change) => proposalOf(state, change))
}

export function proposalOf(state: State, change: ChangeState): Proposal {
  const { counted } = state.root ? approvalsOf(change, state.root) : { counted: new Map() }
  const rejected = [...change.opinions].filter(([, opinion]) => !opinion.approves).map(([person]) => person)
  return {
    change,
    status: statusOf(state, change),
    timeMs: state.outcomes[change.index]?.statement?.time_ms ?? 0,
    approved: [...counted.keys()].sort(),
    rejected: rejected.sort(),
  }
}

/** Where a release stands or stood: every channel that it headed, and whether it was rolled back. */
export function placesOf(
  state: State,
  release: string,
): { channel: string; isHead: boolean; isCanary: boolean }[] {
  return [...state.channels].flatMap(([channel, { serving, canary }]) => {
    const isHead = serving?.release === release
    const isCanary = canary?.release === release
    const was = reignsOf(state, channel).some((reign) => reign.release === release)
    return isHead || isCanary || was ? [{ channel, isHead, isCanary }] : []
  })
}

/** Return the channels that people talk to, in order; the program's own is none of them. */
export function channelNames(state: State): string[] {
  return [...state.channels.keys()].filter((name) => name !== 'runtime').sort()
}

/** Return the numbers of the reply logs that the root in force names. */
export function replyLogs(state: State): string[] {
  return (state.root?.logs ?? []).flatMap((line) => /\/replies\/([0-9]+)\+/.exec(line)?.[1] ?? [])
}
