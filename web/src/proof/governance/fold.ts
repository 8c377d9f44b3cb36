/**
 * The fold: from the entries of a governance log to the state that everything obeys (clause 5, ADR 0022).
 *
 * - Pure but for the blobs it asks for, total, in index order. An entry that fails has no effect and a reason.
 * - Two things stop it: a root with unknown rules, and a missing blob that a rule needs
 *   (`governance/rules`, `governance/incomplete`): then nothing was applied, and the entry may be tried again.
 * - An id is used up by any statement that a key of the root signed, effective or not.
 * - Accounts, roles and whatever a server says of its own state have no weight here.
 */

import { type Bytes, hex } from '../bytes'
import { EMPTY_ROOT, Frontier, leafHash } from '../merkle'
import { type Reason, Refused } from '../refused'
import { beginVerifying, type Envelope, parseEnvelope, type Signer, signersOf } from './dsse'
import { judgeChange, judgeGate, judgeReview } from './fold-change'
import { judgeMove } from './fold-move'
import { judgeGenesis, judgeRootChange, requireThreshold } from './fold-root'
import type { RootDocument } from './root'
import { type Blobs, type Effect, Ledger, NEW_CHANNEL, type Outcome, type State } from './state'
import { parseStatement, type Statement } from './statement'

/** What stops a fold; anything else is a reason for one entry to have no effect. */
export const STOPS: ReadonlySet<Reason> = new Set(['governance/rules', 'governance/incomplete'])

/** An entry that was hashed and parsed: an envelope, or why it is none. */
export interface Prepared {
  leaf: Bytes
  envelope: Envelope | Refused
}

/** Folds a whole log, one entry at a time; wait for each before the next. */
export class Folder {
  private readonly ledger: Ledger
  private readonly roots: Bytes[]
  private frontier = new Frontier()

  /**
   * With `passesOver` a blob that is missing does not stop the fold: its texts are then not compared with bans, its
   * form is not checked, and its digest stands among `unread`. Such a state is worth less, and must be shown so.
   */
  constructor(blobs: Blobs, passesOver = false) {
    this.roots = [this.frontier.root()]
    this.ledger = new Ledger(blobs, this.roots, passesOver)
  }

  get size(): number {
    return this.ledger.outcomes.length
  }

  /** Tree root over the first `size` entries. */
  rootAt(size: number): Bytes | undefined {
    return this.roots[size]
  }

  /** The state after the entries applied so far; a copy that later entries do not change. */
  get state(): State {
    return stateOf(this.ledger, this.roots[this.size] as Bytes)
  }

  /** Parse an entry ahead of its turn, and begin to verify its signatures by the root that is in force now. */
  prepare(entry: Bytes, leaf: Bytes): Prepared {
    const envelope = readEnvelope(entry)
    if (this.ledger.root && !(envelope instanceof Refused)) beginVerifying(envelope, this.ledger.root)
    return { leaf, envelope }
  }

  /** Fold the next entry and return what became of it. */
  apply(entry: Bytes): Promise<Outcome> {
    return this.applyPrepared({ leaf: leafHash(entry), envelope: readEnvelope(entry) })
  }

  async applyPrepared({ leaf, envelope }: Prepared): Promise<Outcome> {
    const after = this.frontier.copy()
    after.append(leaf)
    this.ledger.index = this.size
    this.roots.push(after.root()) // a change fixes its gates' seed by the tree just after it
    try {
      const judgement = await judge(envelope, this.ledger)
      applyTo(this.ledger, judgement)
      this.frontier = after
      return judgement.outcome
    } catch (error) {
      this.roots.pop()
      throw error
    }
  }
}

/**
 * Fold entries of which some may be missing, as a bundle holds them, without any blobs.
 *
 * Not checked: the trees that signers saw, the seeds of gates, candidates, and bans on texts.
 */
export async function foldSome(entries: Iterable<readonly [number, Bytes]>): Promise<State> {
  const ledger = new Ledger(null, null)
  for (const [index, entry] of entries) {
    ledger.index = index
    applyTo(ledger, await judge(readEnvelope(entry), ledger))
  }
  return stateOf(ledger, EMPTY_ROOT)
}

/** Fold a whole log without any blobs: candidates and bans on texts are not checked. */
export async function foldWithoutBlobs(entries: readonly Bytes[]): Promise<State> {
  const frontier = new Frontier()
  const roots = [frontier.root()]
  for (const entry of entries) {
    frontier.append(leafHash(entry))
    roots.push(frontier.root())
  }
  const ledger = new Ledger(null, roots)
  for (const [index, entry] of entries.entries()) {
    ledger.index = index
    applyTo(ledger, await judge(readEnvelope(entry), ledger))
  }
  return stateOf(ledger, frontier.root())
}

function stateOf(ledger: Ledger, treeRoot: Bytes): State {
  const names = [...(ledger.root?.channels.keys() ?? [])]
  return {
    size: ledger.outcomes.length,
    treeRoot,
    fingerprint: ledger.fingerprint,
    root: ledger.root,
    channels: new Map(names.map((name) => [name, ledger.channels.get(name) ?? NEW_CHANNEL])),
    changes: new Map(ledger.changes),
    bans: new Map(ledger.bans),
    bannedReleases: new Map(ledger.bannedReleases),
    outcomes: [...ledger.outcomes],
    unread: new Set(ledger.unread),
  }
}

/** An outcome, what it changes, and whether the statement's id is used up by it. */
interface Judgement {
  outcome: Outcome
  effect: Effect
  isSigned: boolean
}

function readEnvelope(entry: Bytes): Envelope | Refused {
  try {
    return parseEnvelope(entry)
  } catch (error) {
    if (error instanceof Refused) return error
    throw error
  }
}

async function judge(envelope: Envelope | Refused, ledger: Ledger): Promise<Judgement> {
  const outcome: Outcome = {
    index: ledger.index,
    id: '',
    kind: 'unknown',
    reason: null,
    detail: '',
    statement: null,
    signers: [],
  }
  let signers: Signer[] = []
  try {
    if (envelope instanceof Refused) throw envelope
    const statement = parseStatement(envelope.payload)
    Object.assign(outcome, { id: statement.id, kind: statement.kind, statement })
    if (ledger.statementIds.has(statement.id))
      throw new Refused('entry/repeated', 'The statement was made already.')
    if (ledger.index === 0) {
      const effect = await judgeGenesis(statement, envelope)
      outcome.signers = await genesisSigners(envelope, effect)
      return { outcome, effect, isSigned: true }
    }
    const { root } = ledger
    if (!root)
      throw new Refused(
        'governance/no-root',
        'The log does not begin with a valid root, so nothing is allowed.',
      )
    signers = await signersOf(envelope, root)
    outcome.signers = personsAmong(signers)
    if (signers.length === 0) throw new Refused('entry/unsigned', 'No key of the root in force signed it.')
    checkBasis(statement, ledger, root)
    const effect = await effectOf(statement, envelope, signers, ledger, root)
    return { outcome, effect, isSigned: true }
  } catch (error) {
    if (!(error instanceof Refused) || STOPS.has(error.reason)) throw error
    outcome.reason = error.reason
    outcome.detail = error.message
    return { outcome, effect: {}, isSigned: signers.length > 0 }
  }
}

function personsAmong(signers: Signer[]): string[] {
  return [...new Set(signers.map((signer) => signer.person))].sort()
}

async function genesisSigners(envelope: Envelope, effect: Effect): Promise<string[]> {
  return effect.root ? personsAmong(await signersOf(envelope, effect.root)) : []
}

function checkBasis(statement: Statement, ledger: Ledger, root: RootDocument): void {
  const refuse = (condition: boolean, message: string) => {
    if (condition) throw new Refused('entry/basis', message)
  }
  const { size, root: seen } = statement.seen
  refuse(statement.log !== root.origin, 'The statement is for another log.')
  refuse(
    statement.root !== root.version,
    `The statement relies on root ${statement.root}, not ${root.version}.`,
  )
  refuse(size > ledger.index, 'The statement claims to have seen entries that were not there yet.')
  const known = ledger.roots?.[size]
  refuse(
    known !== undefined && seen !== hex(known),
    'The signer saw another tree than this log had at that size.',
  )
}

async function effectOf(
  statement: Statement,
  envelope: Envelope,
  signers: Signer[],
  ledger: Ledger,
  root: RootDocument,
): Promise<Effect> {
  switch (statement.kind) {
    case 'root':
      return judgeRootChange(statement, envelope, signers, root)
    case 'change':
      return judgeChange(statement, signers, ledger, root)
    case 'review':
      return judgeReview(statement, signers, ledger, root)
    case 'gate':
      return judgeGate(statement, signers, ledger, root)
    case 'move':
      return judgeMove(statement, signers, ledger, root)
    case 'alarm':
      requireThreshold('recorder', signers, root)
      return {}
    default:
      return statement satisfies never
  }
}

function applyTo(ledger: Ledger, { outcome, effect, isSigned }: Judgement): void {
  const { index } = ledger
  if (isSigned) ledger.statementIds.add(outcome.id)
  if (effect.root) {
    ledger.root = effect.root
    ledger.fingerprint ||= effect.root.fingerprint
  }
  for (const [name, channel] of effect.channels ?? []) ledger.channels.set(name, channel)
  for (const change of effect.changes ?? []) ledger.changes.set(change.id, change)
  for (const ban of effect.bans ?? []) ledger.bans.set(ban.digest, { ...ban, index })
  for (const release of effect.bannedReleases ?? []) ledger.bannedReleases.set(release, index)
  ledger.outcomes.push(outcome)
}
