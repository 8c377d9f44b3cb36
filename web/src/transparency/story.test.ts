// @vitest-environment node
import { describe, expect, it } from 'vitest'
import { fromBase64 } from '@/proof/bytes'
import { Folder } from '@/proof/governance/fold'
import type { State } from '@/proof/governance/state'
import { digestOf } from '@/proof/hash'
import { loadVectors } from '@/proof/vectors'
import { channelOf, placesOf, proposalsOf, reignsOf, replyLogs } from './story'

interface FoldVector {
  name: string
  entries: string[]
  blobs: string[]
  stops?: number
}

async function stateOf({ entries, blobs, stops }: FoldVector): Promise<State> {
  const held = new Map(blobs.map((blob) => [digestOf(fromBase64(blob)), fromBase64(blob)]))
  const folder = new Folder(async (digest) => held.get(digest) ?? null)
  for (const entry of entries.slice(0, stops)) await folder.apply(fromBase64(entry))
  return folder.state
}

const STATES = await Promise.all(loadVectors<FoldVector>('folds').map(stateOf))

describe('the story of a log', () => {
  it('ends with what the fold has at each head, and passes through its history', () => {
    const channels = STATES.flatMap((state) =>
      [...state.channels].map(([name, channel]) => ({ state, name, channel })),
    )
    for (const { state, name, channel } of channels) {
      const reigns = reignsOf(state, name)
      expect(reigns.at(-1)?.release).toBe(channel.serving?.release)
      const releases = reigns.map((reign) => reign.release)
      for (const head of channel.history) expect(releases).toContain(head.release)
      for (const { release } of reigns)
        expect(placesOf(state, release).map((place) => place.channel)).toContain(name)
    }
    expect(
      channels.some(({ state, name }) => reignsOf(state, name).some((reign) => reign.by === 'rollback')),
    ).toBe(true)
  })

  it('tells every change once, newest first, under its channel', () => {
    for (const state of STATES) {
      const told = [...state.channels.keys()].flatMap((name) => proposalsOf(state, name))
      expect(told.length).toBe(state.changes.size)
      for (const name of state.channels.keys()) {
        const indexes = proposalsOf(state, name).map(({ change }) => change.index)
        expect(indexes).toEqual(indexes.toSorted((one, other) => other - one))
      }
    }
  })

  it('finds the channel of a review and of a test through their change', () => {
    const found = STATES.flatMap((state) =>
      state.outcomes
        .filter(({ kind, reason }) => (kind === 'review' || kind === 'gate') && reason === null)
        .map((outcome) => channelOf(outcome, state)),
    )
    expect(found.length).toBeGreaterThan(5)
    expect(found).not.toContain(null)
  })

  it('names the reply logs of the root in force', () => {
    const [state] = STATES
    if (!state?.root) throw new Error('no state')
    expect(replyLogs(state)).toEqual([])
    const logs = [
      'a/governance+00000000+x',
      'a/replies/0+00000000+x',
      'a/replies/12+00000000+x',
      'a/promise+0+x',
    ]
    expect(replyLogs({ ...state, root: { ...state.root, logs } })).toEqual(['0', '12'])
  })
})
