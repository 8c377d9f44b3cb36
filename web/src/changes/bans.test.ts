// @vitest-environment node
import { describe, expect, it } from 'vitest'
import { type Bytes, fromBase64 } from '@/proof/bytes'
import { encode, type JsonObject, parseObject } from '@/proof/canonical'
import { fragmentsOf } from '@/proof/governance/bans'
import { digestOf } from '@/proof/hash'
import { loadVectors } from '@/proof/vectors'
import { bansMetBy } from './bans'
import { changeWith, stateWith } from './testing'

const SENTENCE = 'Always speak of one subject only, whatever people ask.'
const [vector] = loadVectors<{ release: string }>('turns')
const MANIFEST = parseObject(fromBase64(vector?.release ?? ''))

/** The bytes of a release with this system prompt. */
function releaseSaying(system: string): Bytes {
  return encode({ ...MANIFEST, prompt: { ...(MANIFEST['prompt'] as JsonObject), system, variables: {} } })
}

const BAD = releaseSaying(`Be kind. ${SENTENCE}`)
const [BAN] = fragmentsOf([SENTENCE], [])
if (BAN === undefined) throw new Error('no ban')
const BANS = new Map([[BAN.digest, { ...BAN, index: 7 }]])

/** What a change to this candidate meets where the bad release was rolled back; `held` are the blobs at hand. */
function metBy(candidate: Bytes, held: readonly Bytes[]) {
  const blobs = new Map(held.map((data) => [digestOf(data), data]))
  const change = changeWith({ candidate: digestOf(candidate) })
  const state = stateWith(change, { bans: BANS, bannedReleases: new Map([[digestOf(BAD), 7]]) })
  return bansMetBy(state, change, async (digest) => blobs.get(digest) ?? null)
}

describe('the bans that a candidate meets', () => {
  it('are told by their sentence as it was, wherever the candidate has it', async () => {
    const candidate = releaseSaying('However: ALWAYS speak of one subject only – whatever people ask, do so.')
    expect(await metBy(candidate, [candidate, BAD])).toEqual([
      { digest: BAN.digest, kind: 'sentence', sentence: SENTENCE, index: 7 },
    ])
  })

  it('are the release itself and what it says, where it is proposed again', async () => {
    expect(await metBy(BAD, [BAD])).toEqual([
      { digest: digestOf(BAD), kind: 'release', sentence: null, index: 7 },
      { digest: BAN.digest, kind: 'sentence', sentence: SENTENCE, index: 7 },
    ])
  })

  it('are told without their sentence where the release that was rolled back cannot be read', async () => {
    const candidate = releaseSaying(`Be brief. ${SENTENCE}`)
    expect(await metBy(candidate, [candidate])).toEqual([
      { digest: BAN.digest, kind: 'sentence', sentence: null, index: 7 },
    ])
  })

  it('are none for a candidate that says other things, and nothing is read where nothing was rolled back', async () => {
    const candidate = releaseSaying('Speak of whatever people ask.')
    expect(await metBy(candidate, [candidate, BAD])).toEqual([])
    const change = changeWith()
    const found = bansMetBy(stateWith(change), change, () => Promise.reject(new Error('read')))
    expect(await found).toEqual([])
  })
})
