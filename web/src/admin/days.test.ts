import { describe, expect, it } from 'vitest'
import { daysBack, everyDay } from './days'

const NOW = Date.parse('2026-03-01T00:30:00Z')

describe('days', () => {
  it('end today and count today', () => {
    expect(daysBack(1, NOW)).toEqual(['2026-03-01', '2026-03-01'])
    expect(daysBack(7, NOW)).toEqual(['2026-02-23', '2026-03-01'])
  })

  it('leave none out, over the end of a month and a change of clocks', () => {
    const [first, last] = daysBack(90, Date.parse('2026-04-10T23:59:59Z'))
    const days = everyDay(first, last)
    expect(days).toHaveLength(90)
    expect(new Set(days).size).toBe(90)
    expect(days).toContain('2026-02-28')
    expect(days.at(-1)).toBe('2026-04-10')
  })
})
