/**
 * Rules of the fold for changes, reviews and gates, and for what an admission needs (clause 5.3 to 5.6).
 *
 * - Change: `base` and `base_index` are the channel's present head and the index that set it.
 * - Review: the change is open, `candidate` and `base` are its own, and the person is not among its signers.
 *   A person's last verdict counts.
 * - While the root is solo an author may review the own change: that never counts as an approval, and serves
 *   only to name bans (ADR 0021).
 * - Gate: the root requires the suite; the seed is fixed by the change and the tree just after it; the first
 *   result per suite counts, passed or not.
 */

import { type Bytes, hex, utf8 } from '../bytes'
import { taggedHash } from '../hash'
import { need } from '../refused'
import type { Signer } from './dsse'
import { banHits } from './fold-blobs'
import { requireThreshold } from './fold-root'
import { type ChannelRules, personsOf, type RootDocument } from './root'
import type { ChangeState, Effect, Ledger, Opinion } from './state'
import { type Change, type Gate, NONE, type Review } from './statement'

/** Return the seed of every gate run on a change, from its id and the root of the tree just after it. */
export function gateSeed(changeId: string, treeRoot: Bytes): string {
  return hex(taggedHash('verax/gate/v1', utf8(changeId), treeRoot))
}

export function judgeChange(
  statement: Change,
  signers: readonly Signer[],
  ledger: Ledger,
  root: RootDocument,
): Effect {
  requireThreshold('author', signers, root)
  const channel = ledger.channel(statement.channel)
  const head = channel.serving
  const isFresh = statement.base === (head?.release ?? NONE) && statement.base_index === (head?.index ?? 0)
  need(isFresh, 'entry/stale', "The change is stale: its base is not the channel's present head.")
  const change: ChangeState = {
    id: statement.id,
    index: ledger.index,
    channel: statement.channel,
    candidate: statement.subject,
    base: statement.base,
    baseIndex: statement.base_index,
    reason: statement.reason,
    signers: new Set(signers.map((signer) => signer.person)),
    epoch: channel.epoch,
    seed: ledger.roots && gateSeed(statement.id, ledger.roots[ledger.index + 1] as Bytes),
    opinions: new Map(),
    gates: new Map(),
    admittedIndex: null,
  }
  return { changes: [change] }
}

export function judgeReview(
  statement: Review,
  signers: readonly Signer[],
  ledger: Ledger,
  root: RootDocument,
): Effect {
  const persons = requireThreshold('reviewer', signers, root)
  const change = ledger.openChange(statement.subject)
  const isAbout = statement.candidate === change.candidate && statement.base === change.base
  need(isAbout, 'entry/not-possible', 'The review names another candidate or base than the change.')
  const isOwn = [...persons].some((person) => change.signers.has(person))
  need(root.solo || !isOwn, 'entry/signers', 'An author of the change cannot review it.')
  const approves = statement.verdict === 'approve'
  const opinion: Opinion = { approves, unban: new Set(statement.unban), index: ledger.index }
  const opinions = new Map([...change.opinions, ...[...persons].map((person) => [person, opinion] as const)])
  return { changes: [{ ...change, opinions }] }
}

export function judgeGate(
  statement: Gate,
  signers: readonly Signer[],
  ledger: Ledger,
  root: RootDocument,
): Effect {
  requireThreshold('gate', signers, root)
  const change = ledger.openChange(statement.subject)
  const { suite } = statement
  const isRequired = rulesOf(root, change.channel).gates.some((gate) => gate.suite === suite)
  need(isRequired, 'entry/not-possible', `The root requires no suite ${suite} on this channel.`)
  const isSeeded = change.seed === null || statement.seed === change.seed
  need(isSeeded, 'entry/not-possible', 'The gate ran with another seed than the change fixes.')
  need(
    !change.gates.has(suite),
    'entry/repeated',
    'A result of this suite is in already, and the first one counts.',
  )
  const { passed, n, runtime, report } = statement
  const gates = new Map([...change.gates, [suite, { passed, n, runtime, report, index: ledger.index }]])
  return { changes: [{ ...change, gates }] }
}

/** What an admission rests on: the bans that it lets in, and the persons whose approvals counted. */
export interface Terms {
  unbanned: ReadonlySet<string>
  approved: readonly string[]
}

/** Check everything that an admission needs beyond its own form. */
export async function requireAdmissible(
  change: ChangeState,
  ledger: Ledger,
  root: RootDocument,
): Promise<Terms> {
  const rules = rulesOf(root, change.channel)
  const { approving, counted } = approvalsOf(change, root)
  const isEnough = counted.size >= rules.approvals
  need(isEnough, 'entry/not-admissible', `It needs ${rules.approvals} approvals, and has ${counted.size}.`)
  for (const { suite } of rules.gates) {
    const result = change.gates.get(suite)
    need(result, 'entry/not-admissible', `The required suite ${suite} was not run.`)
    need(result.passed, 'entry/not-admissible', `The required suite ${suite} did not pass.`)
  }
  const hits = await banHits(change.candidate, change.channel, ledger)
  if (hits.size > 0) {
    const naming = [...approving].filter(([, opinion]) => [...hits].every((hit) => opinion.unban.has(hit)))
    const others = naming.filter(([person]) => counted.has(person)).length
    const isNamed = others >= rules.approvals && (others > 0 || (root.solo && naming.length > 0))
    need(
      isNamed,
      'entry/banned',
      `It holds ${hits.size} texts that were rolled back, and the reviews do not name them all.`,
    )
  }
  return { unbanned: hits, approved: [...counted.keys()].sort() }
}

/** Approvals by persons who are reviewers now, and those of them that count: not by authors of the change. */
export function approvalsOf(
  change: ChangeState,
  root: RootDocument,
): { approving: Map<string, Opinion>; counted: Map<string, Opinion> } {
  const reviewers = personsOf(root, 'reviewer')
  const all = [...change.opinions].filter(([person, opinion]) => opinion.approves && reviewers.has(person))
  return { approving: new Map(all), counted: new Map(all.filter(([person]) => !change.signers.has(person))) }
}

export function rulesOf(root: RootDocument, channel: string): ChannelRules {
  const rules = root.channels.get(channel)
  need(rules, 'entry/not-possible', `The root names no channel ${channel}.`)
  return rules
}
