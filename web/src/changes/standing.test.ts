// @vitest-environment node
import { describe, expect, it } from 'vitest'
import { fromBase64 } from '@/proof/bytes'
import { Folder } from '@/proof/governance/fold'
import { type ChangeState, NEW_CHANNEL, type Opinion, statusOf } from '@/proof/governance/state'
import { digestOf } from '@/proof/hash'
import { loadVectors } from '@/proof/vectors'
import { changesOf, freezeOf, isEnded, standingOf } from './standing'
import { CANDIDATE, CHANGE, changeWith, HEAD, headWith, moveAt, rootWith, stateWith } from './testing'

const BAN = '1'.repeat(64)
const OTHER_BAN = '2'.repeat(64)

function opinion(approves: boolean, ...unban: string[]): Opinion {
  return { approves, unban: new Set(unban), index: 3 }
}

const result = (passed: boolean) => ({ passed, n: 9, runtime: HEAD, report: HEAD, index: 4 })
const GATES = [
  { suite: 'identity', floors: {} },
  { suite: 'tone', floors: {} },
]

/** The standing of a change of bob's, under rules that demand one approval and two gates. */
function standing(changes: Partial<ChangeState>, bans: readonly string[] = []) {
  const change = changeWith({ signers: new Set(['bob']), ...changes })
  return standingOf(
    stateWith(change, { root: rootWith({ approvals: 1, gates: GATES }) }),
    change,
    new Set(bans),
  )
}

describe('where a change stands', () => {
  it('is open with what it has and what it lacks', () => {
    const gates = new Map([['tone', result(true)]])
    expect(standing({ gates })).toEqual({
      kind: 'open',
      reviews: { have: 0, need: 1 },
      gates: { have: 1, need: 2 },
      isReady: false,
      isFrozen: false,
    })
  })

  it('is ready once reviews and gates are there, and no more when the reviewer rejects or is removed', () => {
    const gates = new Map([
      ['tone', result(true)],
      ['identity', result(true)],
    ])
    const by = (person: string, approves: boolean) =>
      standing({ gates, opinions: new Map([[person, opinion(approves)]]) })
    expect(by('ann', true)).toMatchObject({ isReady: true, reviews: { have: 1, need: 1 } })
    expect(by('ann', false)).toMatchObject({ isReady: false, reviews: { have: 0, need: 1 } })
    // Carol approved while the root named her; it does not now.
    expect(by('carol', true)).toMatchObject({ isReady: false, reviews: { have: 0, need: 1 } })
  })

  it('counts no approval of somebody who proposed it', () => {
    const own = changeWith({ opinions: new Map([['ann', opinion(true)]]) })
    expect(standingOf(stateWith(own, { root: rootWith({ approvals: 1 }) }), own)).toMatchObject({
      reviews: { have: 0, need: 1 },
    })
  })

  it('counts only reviews that name every ban that its candidate meets', () => {
    const naming = (...unban: string[]) =>
      standing({ opinions: new Map([['ann', opinion(true, ...unban)]]) }, [BAN, OTHER_BAN])
    expect(naming(BAN)).toMatchObject({ reviews: { have: 0, need: 1 } })
    expect(naming(BAN, OTHER_BAN)).toMatchObject({ reviews: { have: 1, need: 1 } })
  })

  it('of a sole owner who brings back what was banned waits for a review that names it, be it the own one', () => {
    const own = (...unban: string[]) => {
      const change = changeWith({ opinions: new Map([['ann', opinion(true, ...unban)]]) })
      return standingOf(stateWith(change), change, new Set([BAN]))
    }
    expect(own()).toMatchObject({ isReady: false, reviews: { have: 0, need: 1 } })
    expect(own(BAN)).toMatchObject({ isReady: true, reviews: { have: 1, need: 1 } })
  })

  it('is refused for good by the first result that fails', () => {
    const gates = new Map([
      ['identity', result(false)],
      ['tone', result(true)],
    ])
    expect(standing({ gates })).toEqual({ kind: 'refused', suites: ['identity'] })
  })

  it('is stale once the channel moved, by the entry that moved it', () => {
    const change = changeWith()
    const moved = { ...NEW_CHANNEL, serving: headWith({ release: CANDIDATE }), epoch: 2 }
    const outcomes = [
      moveAt(1, {}),
      moveAt(3, { share_bp: 1_000 }),
      { ...moveAt(4, {}), reason: 'entry/stale' as const },
      moveAt(5, { channel: 'other' }),
      moveAt(6, { act: 'step' }),
      moveAt(7, {}),
    ]
    const state = stateWith(change, { channels: new Map([['assistant', moved]]), outcomes })
    expect(standingOf(state, change)).toEqual({ kind: 'stale', by: 6 })
    expect(standingOf({ ...state, outcomes: [] }, change)).toEqual({ kind: 'stale', by: null })
  })

  it('waits while its channel is frozen, unless its candidate is the head', () => {
    const frozen = { ...NEW_CHANNEL, serving: headWith(), frozen: true, epoch: 1 }
    const channels = new Map([['assistant', frozen]])
    const change = changeWith()
    expect(standingOf(stateWith(change, { channels }), change)).toMatchObject({
      isFrozen: true,
      isReady: false,
    })
    const thawing = changeWith({ candidate: HEAD })
    expect(standingOf(stateWith(thawing, { channels }), thawing)).toMatchObject({
      isFrozen: true,
      isReady: true,
    })
  })
})

describe('where an admitted change stands', () => {
  const admitted = changeWith({ admittedIndex: 3 })
  const served = (channel: Partial<typeof NEW_CHANNEL>, banned: number | null = null) =>
    standingOf(
      stateWith(admitted, {
        channels: new Map([['assistant', { ...NEW_CHANNEL, ...channel }]]),
        bannedReleases: new Map(banned === null ? [] : [[CANDIDATE, banned]]),
      }),
      admitted,
    )
  const own = headWith({ release: CANDIDATE, change: CHANGE, admittedIndex: 3 })

  it('is a canary, the head, replaced or rolled back', () => {
    const { index: _, ...admission } = own
    expect(served({ serving: headWith(), canary: { ...admission, shareBp: 1_000 } })).toEqual({
      kind: 'canary',
      shareBp: 1_000,
    })
    expect(served({ serving: own })).toEqual({ kind: 'full' })
    expect(served({ serving: headWith() })).toEqual({ kind: 'replaced' })
    expect(served({ serving: headWith() }, 5)).toEqual({ kind: 'rolledBack' })
    expect(served({ serving: own }, 5)).toEqual({ kind: 'rolledBack' })
  })

  it('is in force where an older rollback of the same release was named in a review', () => {
    expect(served({ serving: { ...own, unbanned: new Set([CANDIDATE]) } }, 2)).toEqual({ kind: 'full' })
  })

  it('let a frozen channel answer again', () => {
    const thawing = changeWith({ candidate: HEAD, admittedIndex: 3 })
    const outcomes = [moveAt(0, {}), moveAt(1, {}), moveAt(2, {}), moveAt(3, { act: 'unfreeze', to: HEAD })]
    expect(standingOf(stateWith(thawing, { outcomes }), thawing)).toEqual({ kind: 'thawed' })
  })
})

describe('a freeze', () => {
  const change = changeWith()
  const freeze = moveAt(4, { act: 'freeze', to: HEAD, share_bp: 0, change: 'none', cause: BAN })
  const frozen = new Map([['assistant', { ...NEW_CHANNEL, serving: headWith(), frozen: true }]])

  it('is told by who signed the latest one', () => {
    const outcomes = [moveAt(2, { act: 'freeze' }), freeze, { ...moveAt(5, { act: 'freeze' }), reason: null }]
    const state = stateWith(change, { channels: frozen, outcomes: outcomes.slice(0, 2) })
    expect(freezeOf(state, 'assistant')).toEqual({
      index: 4,
      persons: ['bob'],
      timeMs: 1_760_000_000_000,
      cause: BAN,
    })
  })

  it('is none where the channel answers', () => {
    expect(freezeOf(stateWith(change, { outcomes: [freeze] }), 'assistant')).toBeNull()
  })
})

describe('changes of folded logs', () => {
  it('stand under their channel once, and end only where the fold has them closed', async () => {
    for (const { entries, blobs, stops } of loadVectors<FoldVector>('folds')) {
      const held = new Map(blobs.map((blob) => [digestOf(fromBase64(blob)), fromBase64(blob)]))
      const folder = new Folder(async (digest) => held.get(digest) ?? null)
      for (const entry of entries.slice(0, stops)) await folder.apply(fromBase64(entry))
      const { state } = folder
      const listed = [...state.channels.keys()].flatMap((name) => {
        const { going, ended } = changesOf(state, name)
        return [...going, ...ended]
      })
      expect(new Set(listed)).toEqual(new Set(state.changes.values()))
      for (const change of listed) {
        const isOver = isEnded(standingOf(state, change))
        if (statusOf(state, change) === 'stale') expect(isOver).toBe(true)
        if (statusOf(state, change) === 'open' && change.gates.size === 0) expect(isOver).toBe(false)
      }
    }
  })
})

interface FoldVector {
  readonly entries: readonly string[]
  readonly blobs: readonly string[]
  readonly stops?: number
}
