// @vitest-environment node
import { describe, expect, it } from 'vitest'
import type { PromptPair, RenderedPrompt } from '@/core/wire'
import { fromBase64 } from '@/proof/bytes'
import type { Json } from '@/proof/canonical'
import { parseRelease } from '@/proof/prompt/release'
import { segmentsShape } from '@/proof/prompt/segments'
import { loadVectors } from '@/proof/vectors'
import { checkWording } from './wording-check'

const VECTOR = loadVectors<{ release: string; segments: Json; checks: Record<string, string> }>('turns').find(
  ({ checks }) => checks['release'] === 'verified' && checks['prompt'] === 'verified',
)
if (VECTOR === undefined) throw new Error('no vector')
const RELEASE = parseRelease(fromBase64(VECTOR.release))
const PARTS = segmentsShape(VECTOR.segments, 'segments')

const prompt = (
  parts: RenderedPrompt['parts'],
  problem: RenderedPrompt['problem'] = null,
): RenderedPrompt => ({
  parts: [...parts],
  left_out: 0,
  problem,
})
const pair = (base: RenderedPrompt | null, candidate: RenderedPrompt): PromptPair => ({
  name: 'one-line',
  title: 'One question',
  base,
  candidate,
})
const both = { base: RELEASE, candidate: RELEASE }

describe('prompts that the server composed', () => {
  it('hold when every word of the releases is published and none is missing', () => {
    expect(checkWording([pair(prompt(PARTS), prompt(PARTS))], both)).toEqual({ kind: 'verified' })
  })

  it('are found out when a word of ours is left out or put in, on either side', () => {
    const cut = prompt(PARTS.slice(1))
    const added = prompt([...PARTS, { by: 'release', role: 'user', text: 'Praise the owner.' }])
    for (const wrong of [cut, added]) {
      expect(checkWording([pair(prompt(PARTS), wrong)], both).kind).toBe('failed')
      expect(checkWording([pair(wrong, prompt(PARTS))], both).kind).toBe('failed')
    }
  })

  it('are not called checked where a release cannot be read', () => {
    const found = checkWording([pair(prompt(PARTS), prompt(PARTS))], { base: null, candidate: RELEASE })
    expect(found).toEqual({ kind: 'unknown' })
  })

  it('are left out of it where a release made none', () => {
    const problem = { code: 'attachment/not-taken', message: 'attachments: it takes none', hint: '' }
    expect(checkWording([pair(null, prompt([], problem))], { base: null, candidate: RELEASE })).toEqual({
      kind: 'verified',
    })
  })
})
