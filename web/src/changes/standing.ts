/** Where a change stands, told from the folded log alone. */

import { approvalsOf, rulesOf } from '@/proof/governance/fold-change'
import { type ChangeState, isRolledBack, type State, statusOf } from '@/proof/governance/state'

/** How much of what the root demands is there. */
export interface Demand {
  readonly have: number
  readonly need: number
}

export type Standing =
  /** It collects reviews and results; `isReady` once an operator may admit it. */
  | {
      readonly kind: 'open'
      readonly reviews: Demand
      readonly gates: Demand
      readonly isReady: boolean
    }
  /** A gate that the root demands failed; the first result counts, so it can never be admitted. */
  | { readonly kind: 'refused'; readonly suites: readonly string[] }
  /** The channel moved after it was proposed. */
  | { readonly kind: 'stale' }
  | { readonly kind: 'canary'; readonly shareBp: number }
  | { readonly kind: 'full' }
  /** It served, and another release took its place. */
  | { readonly kind: 'replaced' }
  | { readonly kind: 'rolledBack' }

export function standingOf(state: State, change: ChangeState): Standing {
  if (change.admittedIndex !== null) return admittedStanding(state, change, change.admittedIndex)
  if (statusOf(state, change) === 'stale' || state.root === null) return { kind: 'stale' }
  const rules = rulesOf(state.root, change.channel)
  const results = rules.gates.map(({ suite }) => change.gates.get(suite))
  const failed = rules.gates.filter(({ suite }) => change.gates.get(suite)?.passed === false)
  if (failed.length > 0) return { kind: 'refused', suites: failed.map(({ suite }) => suite) }
  const reviews = { have: approvalsOf(change, state.root).counted.size, need: rules.approvals }
  const gates = { have: results.filter((result) => result?.passed).length, need: rules.gates.length }
  return { kind: 'open', reviews, gates, isReady: isMet(reviews) && isMet(gates) }
}

export function isMet({ have, need }: Demand): boolean {
  return have >= need
}

/** Whether nothing more can come of it. */
export function isEnded({ kind }: Standing): boolean {
  return kind === 'stale' || kind === 'refused' || kind === 'replaced' || kind === 'rolledBack'
}

function admittedStanding(state: State, change: ChangeState, admittedIndex: number): Standing {
  const { serving, canary } = state.channels.get(change.channel) ?? { serving: null, canary: null }
  if (canary?.change === change.id) return { kind: 'canary', shareBp: canary.shareBp }
  const isBanned = (state.bannedReleases.get(change.candidate) ?? -1) > admittedIndex
  if (serving?.change === change.id) {
    return { kind: isRolledBack(serving, state.bannedReleases) ? 'rolledBack' : 'full' }
  }
  return { kind: isBanned ? 'rolledBack' : 'replaced' }
}

/** The changes of the channels that people talk to, newest first, parted into those that go on and those that ended. */
export function changesOf(state: State, channel: string): { going: ChangeState[]; ended: ChangeState[] } {
  const all = [...state.changes.values()]
    .filter((change) => change.channel === channel)
    .sort((one, other) => other.index - one.index)
  const hasEnded = (change: ChangeState) => isEnded(standingOf(state, change))
  return { going: all.filter((change) => !hasEnded(change)), ended: all.filter(hasEnded) }
}
