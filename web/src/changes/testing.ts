/** States of the governance log made by hand, for tests of what is told from them. */

import type { JsonObject } from '@/proof/canonical'
import { Signer } from '@/proof/client/testing'
import { parseRoot, type RootDocument } from '@/proof/governance/root'
import { type ChangeState, type Head, NEW_CHANNEL, type Outcome, type State } from '@/proof/governance/state'
import type { Alarm, Move } from '@/proof/governance/statement'
import { NAME, seedOf, soloRoot } from '@/proof/governance/testing'
import { writeKey } from '@/proof/key'
import { EMPTY_ROOT } from '@/proof/merkle'

export const HEAD = 'a'.repeat(64)
export const CANDIDATE = 'b'.repeat(64)
export const CHANGE = 'c'.repeat(64)

/** A root document of ann, who may do everything, with these channel rules and members. */
export function rootWith(rules: JsonObject = {}, changes: JsonObject = {}): RootDocument {
  const document = soloRoot([writeKey(new Signer(`${NAME}/governance`, seedOf('log')).key)], changes)
  const channels = document['channels'] as JsonObject[]
  return parseRoot({ ...document, channels: channels.map((channel) => ({ ...channel, ...rules })) })
}

/** A change by ann, not yet reviewed, of the channel `assistant`. */
export function changeWith(changes: Partial<ChangeState> = {}): ChangeState {
  return {
    id: CHANGE,
    index: 2,
    channel: 'assistant',
    candidate: CANDIDATE,
    base: HEAD,
    baseIndex: 1,
    reason: 'd'.repeat(64),
    signers: new Set(['ann']),
    epoch: 1,
    seed: null,
    opinions: new Map(),
    gates: new Map(),
    admittedIndex: null,
    ...changes,
  }
}

export function headWith(changes: Partial<Head> = {}): Head {
  return {
    release: HEAD,
    mode: 'solo',
    change: 'e'.repeat(64),
    base: 'none',
    admittedIndex: 1,
    unbanned: new Set(),
    approved: [],
    index: 1,
    ...changes,
  }
}

/** A state with one change, on a channel that serves `HEAD`. */
export function stateWith(change: ChangeState, changes: Partial<State> = {}): State {
  const serving = { ...NEW_CHANNEL, serving: headWith(), epoch: 1 }
  return {
    size: 3,
    treeRoot: EMPTY_ROOT,
    fingerprint: '',
    root: rootWith(),
    channels: new Map([['assistant', serving]]),
    changes: new Map([[change.id, change]]),
    bans: new Map(),
    bannedReleases: new Map(),
    outcomes: [],
    unread: new Set(),
    ...changes,
  }
}

const BASIS = {
  log: `${NAME}/governance`,
  root: 1,
  seen: { size: 0, root: '0'.repeat(64) },
  nonce: '0'.repeat(32),
  time_ms: 1_760_000_000_000,
}

/** The outcome of a move of the channel `assistant` by bob, in force. */
export function moveAt(index: number, changes: Partial<Move>): Outcome {
  const statement: Move = {
    ...BASIS,
    kind: 'move',
    id: String(index).padStart(64, '0'),
    subject: HEAD,
    channel: 'assistant',
    act: 'admit',
    change: CHANGE,
    from: HEAD,
    to: CANDIDATE,
    share_bp: 10_000,
    cause: 'none',
    ...changes,
  }
  return { index, id: statement.id, kind: 'move', reason: null, detail: '', statement, signers: ['bob'] }
}

/** The outcome of an alarm about the channel `assistant`, in force. */
export function alarmAt(index: number, changes: Partial<Alarm>): Outcome {
  const statement: Alarm = {
    ...BASIS,
    kind: 'alarm',
    id: String(index).padStart(64, '0'),
    subject: HEAD,
    code: 'monitor/tripped',
    channel: 'assistant',
    count: 1,
    first_ms: 1,
    last_ms: 2,
    ...changes,
  }
  return { index, id: statement.id, kind: 'alarm', reason: null, detail: '', statement, signers: [] }
}
