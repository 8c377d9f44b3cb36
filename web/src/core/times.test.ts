// @vitest-environment node
import { describe, expect, it } from 'vitest'
import { numberText, relativeText } from './times'

const NOW = Date.UTC(2026, 10, 26)
const HOUR = 3_600_000

describe('relativeText', () => {
  it.each([
    [-10_000, 'now'],
    [-90_000, '1 minute ago'],
    [-23 * HOUR, '23 hours ago'],
    [-25 * HOUR, 'yesterday'],
    [-8 * 24 * HOUR, 'last week'],
    [-400 * 24 * HOUR, 'last year'],
    [2 * HOUR, 'in 2 hours'],
  ])('of %d ms is %s', (gap, text) => {
    expect(relativeText(NOW + gap, NOW, 'en')).toBe(text)
  })

  it('speaks Chinese', () => {
    expect(relativeText(NOW - 25 * HOUR, NOW, 'zh')).toBe('昨天')
    expect(relativeText(NOW - 90_000, NOW, 'zh')).toBe('1分钟前')
  })
})

describe('numberText', () => {
  it('shortens what is large, as each language counts', () => {
    expect(numberText(12_345, 'en')).toBe('12,345')
    expect(numberText(1_234_567, 'en')).toBe('1.2M')
    expect(numberText(1_234_567, 'zh')).toBe('123.5万')
  })
})
