import { describe, expect, it } from 'vitest'
import { countStandings, passagesOf, placeClaim, placeClaims, unsupported } from './claims'
import type { ClaimBody } from './wire'

const claim = (text: string, start: number, verdict: ClaimBody['verdict'] = 'supported'): ClaimBody => ({
  choice: 0,
  start,
  end: start + [...text].length,
  text,
  verdict,
  probability: 0.9,
  reason: '',
  contested: false,
  agreement: null,
  evidence: [],
})

describe('the place of a claim', () => {
  it('counts characters, where the page counts units', () => {
    const text = '😀😀 Bees fly. 𝄞 Birds sing.'
    const placed = placeClaim(text, claim('Birds sing.', 15))
    expect(placed && text.slice(placed.from, placed.to)).toBe('Birds sing.')
  })

  it('is absent where the text says something else there', () => {
    expect(placeClaim('Bees fly.', claim('Birds sing.', 0))).toBeNull()
  })

  it('orders claims by where they stand, not by when their verdicts came', () => {
    const text = 'One is odd. Two is even.'
    const placed = placeClaims(text, [claim('Two is even.', 12), claim('One is odd.', 0)])
    expect(placed.map(({ from }) => from)).toEqual([0, 12])
  })
})

it('counts how claims stand in a fixed order and leaves out what there is none of', () => {
  const claims = [claim('a', 0, 'not_found'), claim('b', 1), claim('c', 2)]
  expect(countStandings(claims)).toEqual([
    { standing: 'supported', count: 2 },
    { standing: 'not_found', count: 1 },
  ])
})

describe('passages that decided', () => {
  const item = (start: number, end: number, more: Partial<ClaimBody['evidence'][number]> = {}) =>
    ({
      passage: '😀 Bees fly. Birds sing.',
      digest: 'ab',
      passage_start: 5,
      supports: true,
      start,
      end,
      ...more,
    }) as ClaimBody['evidence'][number]
  const marked = (evidence: ClaimBody['evidence']) =>
    passagesOf(evidence).map(({ parts }) =>
      parts.map(({ text, isDecisive }) => (isDecisive ? `[${text}]` : text)),
    )

  it('are parted around the characters that decided', () => {
    expect(marked([item(2, 11)])).toEqual([['😀 ', '[Bees fly.]', ' Birds sing.']])
  })

  it('are shown once with every place that decided', () => {
    expect(marked([item(12, 23), item(2, 11)])).toEqual([['😀 ', '[Bees fly.]', ' ', '[Birds sing.]']])
  })

  it('are kept apart by side, document and place', () => {
    const others = [
      item(2, 11, { supports: false }),
      item(2, 11, { digest: 'cd' }),
      item(2, 11, { passage_start: 9 }),
    ]
    expect(passagesOf([item(2, 11), ...others])).toHaveLength(4)
  })
})

it('tells apart what sources disagree about, and what only samples of the model were asked', () => {
  const contested = { ...claim('a', 0), contested: true }
  const agreement = { agreeing: 2, samples: 3, uncertainty: 0.333 }
  const unsure = { ...claim('b', 1, 'not_checked'), agreement }
  const absent = { ...claim('c', 2, 'not_found'), agreement }
  expect(countStandings([contested, unsure, absent]).map(({ standing }) => standing)).toEqual([
    'contested',
    'not_found',
    'unsure',
  ])
  expect(unsupported([claim('d', 3), contested, unsure])).toEqual([contested, unsure])
})
