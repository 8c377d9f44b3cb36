// @vitest-environment node
import { describe, expect, it } from 'vitest'
import { fromBase64 } from '@/proof/bytes'
import type { JsonObject } from '@/proof/canonical'
import { parseRelease } from '@/proof/prompt/release'
import { loadVectors } from '@/proof/vectors'
import { edited, entriesOf, groupOf } from './manifest'

const MANIFEST: JsonObject = {
  v: 1,
  name: 'first',
  prompt: { system: 'You answer briefly.', examples: [{ role: 'user', text: 'Hello' }] },
  sampling: { max_tokens: 512, allow: ['seed'] },
  tools: { is_on: false },
}

describe('a manifest as a form', () => {
  it('shows every single value by its path, in order, and leaves lists to the TOML', () => {
    expect(entriesOf(MANIFEST)).toEqual([
      { path: 'name', value: 'first' },
      { path: 'prompt.system', value: 'You answer briefly.' },
      { path: 'sampling.max_tokens', value: 512 },
      { path: 'tools.is_on', value: false },
      { path: 'v', value: 1 },
    ])
  })

  it('is the same with no edits, and differs in the edited values alone', () => {
    expect(edited(MANIFEST, new Map())).toEqual(MANIFEST)
    const edits = new Map<string, string | number | boolean>([
      ['prompt.system', ''],
      ['sampling.max_tokens', 0],
      ['tools.is_on', true],
    ])
    expect(edited(MANIFEST, edits)).toEqual({
      ...MANIFEST,
      prompt: { system: '', examples: [{ role: 'user', text: 'Hello' }] },
      sampling: { max_tokens: 0, allow: ['seed'] },
      tools: { is_on: true },
    })
  })

  it('takes no value that it does not have, and none into a list', () => {
    expect(edited(MANIFEST, new Map([['prompt.mood', 'glad']]))).toEqual(MANIFEST)
    expect(edited(MANIFEST, new Map([['sampling.allow', 'top_p']]))).toEqual(MANIFEST)
  })

  it('has a place for every value of a real release but the version of the format', () => {
    const [vector] = loadVectors<{ release: string }>('turns')
    const { source } = parseRelease(fromBase64(vector?.release ?? ''))
    const placeless = entriesOf(source).filter(({ path }) => groupOf(path) === null)
    expect(placeless.map(({ path }) => path)).toEqual(['v'])
    expect(groupOf('prompt.system')).toBe('wording')
    expect(groupOf('sampling.top_p')).toBe('sampling')
    expect(groupOf('model.name')).toBe('model')
    expect(groupOf('guard.truth')).toBe('rest')
  })
})
