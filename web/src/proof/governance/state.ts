/**
 * What the fold knows: channels, changes, bans and outcomes (clause 5).
 *
 * `State` is what a fold leaves. `Ledger` is its working copy: judges read it and return an `Effect`, which
 * only `fold.ts` applies.
 */

import type { Bytes } from '../bytes'
import { type Reason, Refused } from '../refused'
import type { Ban } from './bans'
import type { RootDocument } from './root'
import type { Kind, Statement } from './statement'

export type Mode = 'quorum' | 'solo'

/** Returns the bytes of a digest, or null where there are none. */
export type Blobs = (digest: string) => Promise<Bytes | null>

/** What became of one entry; `reason` is null when it took effect. */
export interface Outcome {
  index: number
  /** Statement id, empty where no statement could be read. */
  id: string
  kind: Kind | 'unknown'
  reason: Reason | null
  detail: string
  statement: Statement | null
  /** Persons whose keys signed it, by the root in force. */
  signers: string[]
}

/** A release or runtime that an admission brought. */
export interface Admission {
  release: string
  mode: Mode
  change: string
  /** What it was compared with, "none" for a first one. */
  base: string
  admittedIndex: number
  /** Bans that the reviews of its change named. */
  unbanned: ReadonlySet<string>
  /** Persons whose approvals counted, in order of their names. */
  approved: readonly string[]
}

/** A head; `index` is the entry that put it there this time. */
export interface Head extends Admission {
  index: number
}

export interface Canary extends Admission {
  shareBp: number
}

export interface ChannelState {
  serving: Head | null
  canary: Canary | null
  frozen: boolean
  /** Heads before this one that a rollback may return to, oldest first. */
  history: readonly Head[]
  /** Rollbacks of the head since the last admission. */
  backwardSteps: number
  /** Counts head moves and rollbacks; changes of an older epoch are stale. */
  epoch: number
}

export const NEW_CHANNEL: ChannelState = {
  serving: null,
  canary: null,
  frozen: false,
  history: [],
  backwardSteps: 0,
  epoch: 0,
}

/** A reviewer's last verdict on a change. */
export interface Opinion {
  approves: boolean
  unban: ReadonlySet<string>
  index: number
}

/** The first complete result of a suite on a change. */
export interface GateResult {
  passed: boolean
  n: number
  runtime: string
  report: string
  index: number
}

export interface ChangeState {
  id: string
  index: number
  channel: string
  candidate: string
  base: string
  baseIndex: number
  reason: string
  /** Persons who signed it; none of them can approve it. */
  signers: ReadonlySet<string>
  epoch: number
  /** The seed that every gate must use; null where the tree after the change is not known. */
  seed: string | null
  opinions: ReadonlyMap<string, Opinion>
  gates: ReadonlyMap<string, GateResult>
  admittedIndex: number | null
}

/** A ban and the entry that made it, the latest where it was made again. */
export interface BanRecord extends Ban {
  index: number
}

export interface State {
  size: number
  treeRoot: Bytes
  fingerprint: string
  root: RootDocument | null
  channels: ReadonlyMap<string, ChannelState>
  changes: ReadonlyMap<string, ChangeState>
  bans: ReadonlyMap<string, BanRecord>
  /** Index of the latest rollback by release or runtime. */
  bannedReleases: ReadonlyMap<string, number>
  outcomes: readonly Outcome[]
  /** Blobs that a rule needed and that were not there, where the fold was told to go on without. */
  unread: ReadonlySet<string>
}

export type ChangeStatus = 'open' | 'stale' | 'admitted'

export function statusOf(state: State, change: ChangeState): ChangeStatus {
  if (change.admittedIndex !== null) return 'admitted'
  return state.channels.get(change.channel)?.epoch === change.epoch ? 'open' : 'stale'
}

/** Say whether an admission's release was rolled back since, and not let back in by it. */
export function isRolledBack(admission: Admission, bannedReleases: ReadonlyMap<string, number>): boolean {
  const banned = bannedReleases.get(admission.release)
  if (banned === undefined) return false
  return !(admission.unbanned.has(admission.release) && banned < admission.admittedIndex)
}

/** What one entry changes; nothing by default. */
export interface Effect {
  root?: RootDocument
  channels?: [string, ChannelState][]
  changes?: ChangeState[]
  bans?: Ban[]
  bannedReleases?: string[]
}

export class Ledger {
  /** Null where no blobs are at hand: candidates and texts are then not looked into. */
  readonly blobs: Blobs | null
  /** Tree root by size; null where entries are missing, so that no tree is known. */
  readonly roots: Bytes[] | null
  /** Index of the entry being judged. */
  index = 0
  fingerprint = ''
  root: RootDocument | null = null
  readonly channels = new Map<string, ChannelState>()
  readonly changes = new Map<string, ChangeState>()
  readonly bans = new Map<string, BanRecord>()
  readonly bannedReleases = new Map<string, number>()
  /** Statements that a key of the root signed, effective or not. */
  readonly statementIds = new Set<string>()
  readonly outcomes: Outcome[] = []
  /** Blobs that were passed over; null where a missing one stops the fold. */
  readonly unread: Set<string> | null

  constructor(blobs: Blobs | null, roots: Bytes[] | null, passesOver = false) {
    this.blobs = blobs
    this.roots = roots
    this.unread = passesOver ? new Set() : null
  }

  channel(name: string): ChannelState {
    if (!this.root?.channels.has(name))
      throw new Refused('entry/not-possible', `The root names no channel ${name}.`)
    return this.channels.get(name) ?? NEW_CHANNEL
  }

  /** Return a change that can still be admitted. */
  openChange(id: string): ChangeState {
    const change = this.changes.get(id)
    if (!change) throw new Refused('entry/not-possible', 'The log holds no such change.')
    if (change.admittedIndex !== null) throw new Refused('entry/stale', 'The change was admitted already.')
    if (change.epoch !== this.channel(change.channel).epoch)
      throw new Refused('entry/stale', 'The change is stale: its channel moved after it was proposed.')
    return change
  }
}

/** A mode never improves (clause 5.6). */
export function worse(one: Mode, other: Mode): Mode {
  return one === 'quorum' && other === 'quorum' ? 'quorum' : 'solo'
}
