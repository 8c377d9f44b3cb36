// @vitest-environment node
import { describe, expect, it } from 'vitest'
import { fromBase64 } from '@/proof/bytes'
import { parseRelease } from '@/proof/prompt/release'
import { loadVectors } from '@/proof/vectors'
import { differencesOf, leavesOf, settingsOf, textsOf } from './wording'

const RELEASES = loadVectors<{ release: string }>('turns').map(({ release }) =>
  parseRelease(fromBase64(release)),
)

describe('the wording of a release', () => {
  it('is shown whole: every value is among the texts or the settings, and none twice', () => {
    for (const release of RELEASES) {
      const shown = [...textsOf(release), ...settingsOf(release)].map(({ text }) => text)
      for (const { path, text } of leavesOf(release.source)) {
        const isBlank = text === '' || (path === 'prompt.separator' && text.trim() === '')
        const isRole = /^prompt\.examples\[\d+\]\.role$/.test(path)
        if (!isBlank && !isRole) expect(shown, path).toContain(text)
      }
      const paths = [...textsOf(release), ...settingsOf(release)].map(({ path }) => path)
      expect(new Set(paths).size).toBe(paths.length)
    }
  })

  it('differs from itself in nothing, from another in what is another, from nothing in all', () => {
    const [one, other] = RELEASES
    if (!one || !other) throw new Error('no releases')
    expect(differencesOf(one, one)).toEqual([])
    expect(differencesOf(null, one).length).toBe(leavesOf(one.source).length)
    for (const { path, before, after } of differencesOf(one, other)) {
      expect(leavesOf(one.source).find((leaf) => leaf.path === path)?.text ?? null).toBe(before)
      expect(leavesOf(other.source).find((leaf) => leaf.path === path)?.text ?? null).toBe(after)
    }
  })
})
