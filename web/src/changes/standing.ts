/** Where a change stands, told from the folded log alone. */

import { approvalsOf, rulesOf } from '@/proof/governance/fold-change'
import type { RootDocument } from '@/proof/governance/root'
import { type ChangeState, isRolledBack, type State, statusOf } from '@/proof/governance/state'
import { FULL } from '@/proof/governance/statement'

/** How much of what the root demands is there. */
export interface Demand {
  readonly have: number
  readonly need: number
}

export type Standing =
  /** It collects reviews and results; `isReady` once an operator may admit it, `isFrozen` where its channel is. */
  | {
      readonly kind: 'open'
      readonly reviews: Demand
      readonly gates: Demand
      readonly isReady: boolean
      readonly isFrozen: boolean
    }
  /** A gate that the root demands failed; the first result counts, so it can never be admitted. */
  | { readonly kind: 'refused'; readonly suites: readonly string[] }
  /** The channel moved after it was proposed, by this entry; null where the log does not say which. */
  | { readonly kind: 'stale'; readonly by: number | null }
  | { readonly kind: 'canary'; readonly shareBp: number }
  | { readonly kind: 'full' }
  /** It let a frozen channel answer again. */
  | { readonly kind: 'thawed' }
  /** It served, and another release took its place. */
  | { readonly kind: 'replaced' }
  | { readonly kind: 'rolledBack' }

/** Returns where a change stands; `bans` are those that its candidate meets: only reviews that name them all count. */
export function standingOf(
  state: State,
  change: ChangeState,
  bans: ReadonlySet<string> = new Set(),
): Standing {
  if (change.admittedIndex !== null) return admittedStanding(state, change, change.admittedIndex)
  if (statusOf(state, change) === 'stale' || state.root === null) {
    return { kind: 'stale', by: staleSince(state, change) }
  }
  const rules = rulesOf(state.root, change.channel)
  const results = rules.gates.map(({ suite }) => change.gates.get(suite))
  const failed = rules.gates.filter(({ suite }) => change.gates.get(suite)?.passed === false)
  if (failed.length > 0) return { kind: 'refused', suites: failed.map(({ suite }) => suite) }
  const reviews = reviewsOf(change, state.root, bans)
  const gates = { have: results.filter((result) => result?.passed).length, need: rules.gates.length }
  const isFrozen = state.channels.get(change.channel)?.frozen ?? false
  const isPossible = !isFrozen || isThawing(state, change)
  return { kind: 'open', reviews, gates, isFrozen, isReady: isMet(reviews) && isMet(gates) && isPossible }
}

/** Whether a change would let its frozen channel answer again: its candidate is the head (clause 5.7). */
export function isThawing(state: State, change: ChangeState): boolean {
  const channel = state.channels.get(change.channel)
  return channel?.frozen === true && channel.serving?.release === change.candidate
}

export function isMet({ have, need }: Demand): boolean {
  return have >= need
}

/** Whether nothing more can come of it. */
export function isEnded({ kind }: Standing): boolean {
  return ENDED.has(kind)
}

const ENDED: ReadonlySet<Standing['kind']> = new Set(['stale', 'refused', 'replaced', 'rolledBack', 'thawed'])

/**
 * Approvals that count, of those that are demanded. A candidate that meets bans needs at least one review that names
 * them all; where the root is solo, that one may be the author's own (ADR 0021).
 */
function reviewsOf(change: ChangeState, root: RootDocument, bans: ReadonlySet<string>): Demand {
  const { approvals } = rulesOf(root, change.channel)
  const { approving, counted } = approvalsOf(change, root)
  if (bans.size === 0) return { have: counted.size, need: approvals }
  const naming = [...approving].filter(([, opinion]) => [...bans].every((ban) => opinion.unban.has(ban)))
  const have = naming.filter(([person]) => counted.has(person) || (root.solo && approvals === 0)).length
  return { have, need: Math.max(1, approvals) }
}

/** The first entry after a change that moved its channel's head or took something out. */
function staleSince(state: State, change: ChangeState): number | null {
  const moved = state.outcomes.find(
    ({ index, reason, statement }) =>
      index > change.index &&
      reason === null &&
      statement?.kind === 'move' &&
      statement.channel === change.channel &&
      (statement.act === 'rollback' || (MOVING.has(statement.act) && statement.share_bp === FULL)),
  )
  return moved?.index ?? null
}

const MOVING: ReadonlySet<string> = new Set(['admit', 'step'])

function admittedStanding(state: State, change: ChangeState, admittedIndex: number): Standing {
  const { serving, canary } = state.channels.get(change.channel) ?? { serving: null, canary: null }
  if (canary?.change === change.id) return { kind: 'canary', shareBp: canary.shareBp }
  const isBanned = (state.bannedReleases.get(change.candidate) ?? -1) > admittedIndex
  if (serving?.change === change.id) {
    return { kind: isRolledBack(serving, state.bannedReleases) ? 'rolledBack' : 'full' }
  }
  const admission = state.outcomes[admittedIndex]?.statement
  if (admission?.kind === 'move' && admission.act === 'unfreeze') return { kind: 'thawed' }
  return { kind: isBanned ? 'rolledBack' : 'replaced' }
}

/** The changes of a channel, newest first, parted into those that go on and those that ended. */
export function changesOf(state: State, channel: string): { going: ChangeState[]; ended: ChangeState[] } {
  const all = [...state.changes.values()]
    .filter((change) => change.channel === channel)
    .sort((one, other) => other.index - one.index)
  const hasEnded = (change: ChangeState) => isEnded(standingOf(state, change))
  return { going: all.filter((change) => !hasEnded(change)), ended: all.filter(hasEnded) }
}

/** Who froze a channel, when and why. */
export interface Freeze {
  readonly index: number
  readonly persons: readonly string[]
  readonly timeMs: number
  /** Digest of the cause. */
  readonly cause: string
}

/** The freeze that a channel is under; null where it is not frozen. */
export function freezeOf(state: State, channel: string): Freeze | null {
  if (!state.channels.get(channel)?.frozen) return null
  for (const { index, reason, statement, signers } of state.outcomes.toReversed()) {
    if (reason !== null || statement?.kind !== 'move') continue
    const { act, time_ms, cause } = statement
    if (statement.channel === channel && act === 'freeze') {
      return { index, persons: signers, timeMs: time_ms, cause }
    }
  }
  return null
}
