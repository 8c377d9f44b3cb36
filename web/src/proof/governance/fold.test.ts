// @vitest-environment node
import { describe, expect, test } from 'vitest'
import { type Bytes, fromBase64 } from '../bytes'
import { encode, type Json } from '../canonical'
import { digestOf } from '../hash'
import { Refused } from '../refused'
import { loadVectors } from '../vectors'
import { Folder } from './fold'
import { viewOf } from './view'

interface FoldVector {
  name: string
  entries: string[]
  blobs: string[]
  steps: { effective: boolean; kind: string; id: string; view: string }[]
  stops?: number
  state: Json
}

const VECTORS = loadVectors<FoldVector>('folds')

describe('the fold comes to the state that the kernel comes to', () => {
  test.each(VECTORS)('$name', async ({ entries, blobs, steps, stops, state }) => {
    const byDigest = new Map(blobs.map((blob) => [digestOf(fromBase64(blob)), fromBase64(blob)]))
    const folder = new Folder(async (digest) => byDigest.get(digest) ?? null)
    for (const [index, entry] of entries.map((text): Bytes => fromBase64(text)).entries()) {
      if (index === stops) {
        await expect(folder.apply(entry)).rejects.toMatchObject({ reason: 'governance/incomplete' })
        break
      }
      const outcome = await folder.apply(entry)
      const view = digestOf(encode(viewOf(folder.state)))
      const found = { effective: outcome.reason === null, kind: outcome.kind, id: outcome.id, view }
      expect(found, `entry ${index}: ${outcome.detail}`).toEqual(steps[index])
    }
    expect(viewOf(folder.state)).toEqual(state)
  })
})

test('a missing blob leaves the state as it was, and the entry can be folded once it is there', async () => {
  const vector = VECTORS.find(({ stops, blobs }) => stops === undefined && blobs.length > 0)
  if (!vector) throw new Error('no vector')
  const held = new Map<string, Bytes>()
  const all = new Map(vector.blobs.map((blob) => [digestOf(fromBase64(blob)), fromBase64(blob)]))
  const folder = new Folder(async (digest) => held.get(digest) ?? null)
  let stops = 0
  for (const entry of vector.entries.map(fromBase64)) {
    const before = viewOf(folder.state)
    try {
      await folder.apply(entry)
    } catch (error) {
      if (!(error instanceof Refused)) throw error
      expect(error.reason).toBe('governance/incomplete')
      expect(viewOf(folder.state)).toEqual(before)
      for (const [digest, blob] of all) held.set(digest, blob)
      stops += 1
      await folder.apply(entry)
    }
  }
  expect(stops).toBe(1)
  expect(viewOf(folder.state)).toEqual(vector.state)
})
