/**
 * Rules of the fold for moves (clause 5.6 to 5.8, ADR 0022).
 *
 * - Forward moves need the operator threshold. Rollback and freeze need one operator or the monitor.
 * - `admit` sets the head or the canary; a canary needs another release at the head to stand beside.
 * - `step` only raises the share of the present canary; whole, it is the head.
 * - `rollback` drops the canary, or returns to one of the last `rollback_depth` heads, at most that often
 *   between two admissions. It makes open changes stale and bans what it takes out, the heads that it goes past
 *   included. Dropping a canary moves no head and is not counted.
 * - `freeze`: the channel answers nobody. `unfreeze` needs a change whose candidate is the head, with all that
 *   an admission needs.
 */

import { need, Refused } from '../refused'
import type { Ban } from './bans'
import type { Signer } from './dsse'
import { addedFragments, banHits } from './fold-blobs'
import { requireAdmissible, rulesOf } from './fold-change'
import { requireThreshold, signersIn } from './fold-root'
import type { RootDocument } from './root'
import {
  type Admission,
  type ChangeState,
  type ChannelState,
  type Effect,
  type Head,
  type Ledger,
  type Mode,
  worse,
} from './state'
import { FULL, type Move } from './statement'

export async function judgeMove(
  statement: Move,
  signers: readonly Signer[],
  ledger: Ledger,
  root: RootDocument,
): Promise<Effect> {
  const channel = ledger.channel(statement.channel)
  if (statement.act === 'rollback' || statement.act === 'freeze') {
    const allowed = signersIn('operator', signers, root).size + signersIn('monitor', signers, root).size
    need(allowed > 0, 'entry/signers', 'It needs the signature of an operator or the monitor.')
  } else {
    requireThreshold('operator', signers, root)
  }
  switch (statement.act) {
    case 'admit':
      return admit(statement, channel, ledger, root)
    case 'step':
      return step(statement, channel, ledger, root)
    case 'rollback':
      return rollBack(statement, channel, ledger, root)
    case 'freeze':
      return freeze(statement, channel)
    case 'unfreeze':
      return unfreeze(statement, channel, ledger, root)
    default:
      return statement.act satisfies never
  }
}

async function admit(move: Move, channel: ChannelState, ledger: Ledger, root: RootDocument): Promise<Effect> {
  need(!channel.frozen, 'entry/not-possible', 'The channel is frozen.')
  const change = changeOf(move, ledger)
  need(
    move.from === change.base,
    'entry/not-possible',
    'The move does not start from the base of the change.',
  )
  const head = channel.serving
  const isCanary = move.share_bp < FULL
  const hasNeighbour = head !== null && head.release !== change.candidate
  need(
    !isCanary || hasNeighbour,
    'entry/not-possible',
    'A canary needs another release at the head to stand beside.',
  )
  const terms = await requireAdmissible(change, ledger, root)
  const admission: Admission = {
    release: change.candidate,
    mode: modeOf(root),
    change: change.id,
    base: change.base,
    admittedIndex: ledger.index,
    ...terms,
  }
  // Against itself a release adds nothing: admitted again, it keeps the base that it had.
  const base = head?.release === change.candidate ? head.base : change.base
  const moved = isCanary
    ? { ...channel, canary: { ...admission, shareBp: move.share_bp } }
    : withHead(channel, { ...admission, base, index: ledger.index })
  return {
    channels: [[move.channel, { ...moved, backwardSteps: 0 }]],
    changes: [{ ...change, admittedIndex: ledger.index }],
  }
}

async function step(move: Move, channel: ChannelState, ledger: Ledger, root: RootDocument): Promise<Effect> {
  const { canary, serving, frozen } = channel
  need(!frozen, 'entry/not-possible', 'The channel is frozen.')
  need(canary, 'entry/not-possible', 'The channel has no canary.')
  const isOfCanary =
    move.change === canary.change && move.from === serving?.release && move.to === canary.release
  need(isOfCanary, 'entry/not-possible', 'The step is not one of the present canary.')
  need(move.share_bp > canary.shareBp, 'entry/not-possible', 'A step only raises the share.')
  const hits = await banHits(canary.release, move.channel, ledger)
  const exempt = exemptOf(canary, ledger)
  need(
    isSubset(hits, exempt),
    'entry/banned',
    'The canary holds text that was rolled back since it was admitted.',
  )
  if (move.share_bp < FULL)
    return { channels: [[move.channel, { ...channel, canary: { ...canary, shareBp: move.share_bp } }]] }
  const { shareBp: _, ...admission } = canary
  const head: Head = { ...admission, index: ledger.index, mode: worse(canary.mode, modeOf(root)) }
  return { channels: [[move.channel, withHead(channel, head)]] }
}

async function rollBack(
  move: Move,
  channel: ChannelState,
  ledger: Ledger,
  root: RootDocument,
): Promise<Effect> {
  const { serving: head, canary, history } = channel
  need(head, 'entry/not-possible', 'The channel has no head to roll back from.')
  if (canary && move.from === canary.release && move.to === head.release) {
    const bans = await addedFragments(canary.release, canary.base, move.channel, ledger)
    const moved = { ...channel, canary: null, epoch: channel.epoch + 1 }
    return { channels: [[move.channel, moved]], bans, bannedReleases: [canary.release] }
  }
  const isFromHead = move.from === head.release && move.to !== head.release
  need(isFromHead, 'entry/not-possible', 'The rollback starts from what is neither the head nor the canary.')
  const depth = rulesOf(root, move.channel).rollback_depth
  const isAllowed = channel.backwardSteps < depth
  need(isAllowed, 'entry/not-possible', `The channel went back ${depth} times since the last admission.`)
  const place = history.findLastIndex((old) => old.release === move.to)
  const target = history[place]
  need(
    target && place >= history.length - depth,
    'entry/not-possible',
    `The target is not among the last ${depth} heads.`,
  )
  const undone = [...history.slice(place + 1), head]
  const bans: Ban[] = []
  for (const item of undone)
    bans.push(...(await addedFragments(item.release, item.base, move.channel, ledger)))
  await requireClean(target, bans, move.channel, ledger)
  const moved: ChannelState = {
    ...channel,
    serving: { ...target, index: ledger.index },
    canary: null,
    history: history.slice(0, place),
    backwardSteps: channel.backwardSteps + 1,
    epoch: channel.epoch + 1,
  }
  return { channels: [[move.channel, moved]], bans, bannedReleases: undone.map((item) => item.release) }
}

function freeze(move: Move, channel: ChannelState): Effect {
  const isHead = channel.serving !== null && move.from === channel.serving.release
  need(isHead, 'entry/not-possible', 'A freeze names the present head.')
  need(!channel.frozen, 'entry/not-possible', 'The channel is frozen already.')
  return { channels: [[move.channel, { ...channel, frozen: true }]] }
}

async function unfreeze(
  move: Move,
  channel: ChannelState,
  ledger: Ledger,
  root: RootDocument,
): Promise<Effect> {
  const head = channel.serving
  if (!head || !channel.frozen) throw new Refused('entry/not-possible', 'The channel is not frozen.')
  const change = changeOf(move, ledger)
  const isHead = change.candidate === head.release
  need(isHead, 'entry/not-possible', 'Unfreezing needs a change whose candidate is the head.')
  const { unbanned } = await requireAdmissible(change, ledger, root)
  const thawed: Head = {
    ...head,
    mode: worse(head.mode, modeOf(root)),
    admittedIndex: ledger.index,
    unbanned: new Set([...head.unbanned, ...unbanned]),
  }
  return {
    channels: [[move.channel, { ...channel, frozen: false, serving: thawed }]],
    changes: [{ ...change, admittedIndex: ledger.index }],
  }
}

function changeOf(move: Move, ledger: Ledger): ChangeState {
  const change = ledger.openChange(move.change)
  const isAbout = change.channel === move.channel && change.candidate === move.to
  need(isAbout, 'entry/not-possible', 'The move names another channel or candidate than the change.')
  return change
}

function withHead(channel: ChannelState, head: Head): ChannelState {
  // Admitting the head again (to raise its mode, for instance) is no older head to return to.
  const { serving } = channel
  const isOther = serving !== null && serving.release !== head.release
  const history = isOther ? [...channel.history, serving] : channel.history
  return { ...channel, serving: head, canary: null, history, epoch: channel.epoch + 1 }
}

async function requireClean(
  target: Head,
  made: readonly Ban[],
  channel: string,
  ledger: Ledger,
): Promise<void> {
  const hits = await banHits(target.release, channel, ledger, made)
  const exempt = exemptOf(target, ledger)
  for (const ban of made) exempt.delete(ban.digest)
  need(isSubset(hits, exempt), 'entry/banned', 'The target was rolled back itself, or holds text that was.')
}

/** Return the bans that an admission let in; one made again after it counts again. */
function exemptOf(admission: Admission, ledger: Ledger): Set<string> {
  const madeAt = (id: string) => ledger.bannedReleases.get(id) ?? ledger.bans.get(id)?.index ?? 0
  return new Set([...admission.unbanned].filter((id) => madeAt(id) < admission.admittedIndex))
}

function isSubset(some: ReadonlySet<string>, all: ReadonlySet<string>): boolean {
  return [...some].every((item) => all.has(item))
}

function modeOf(root: RootDocument): Mode {
  return root.solo ? 'solo' : 'quorum'
}
