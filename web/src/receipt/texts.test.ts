import { describe, expect, it } from 'vitest'
import en from '@/locales/en/receipt.json'
import zh from '@/locales/zh/receipt.json'
import { AUTHORS, SEGMENT_ROLES } from '@/proof/prompt/segments'
import { STEPS } from '@/proof/receipt'
import { REASONS } from '@/proof/refused'

describe.each([
  ['English', en],
  ['Chinese', zh],
])('in %s', (_, texts) => {
  it('every reason has a sentence, and every sentence a reason', () => {
    expect(Object.keys(texts.reason)).toEqual([...REASONS])
  })

  it('every step, author and role has its words', () => {
    // The first four are always asked for, so they have no words for being left out.
    for (const [at, step] of STEPS.entries())
      expect(Object.keys(texts.steps[step])).toEqual(['name', 'verified', ...(at < 4 ? [] : ['not_checked'])])
    expect(Object.keys(texts.prompt.by)).toEqual([...AUTHORS])
    expect(Object.keys(texts.prompt.role)).toEqual([...SEGMENT_ROLES])
  })
})
