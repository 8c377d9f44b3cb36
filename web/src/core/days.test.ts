import { describe, expect, it } from 'vitest'
import { monthText, periodOf } from './days'

const at = (text: string) => new Date(text).getTime()
const NOW = at('2026-11-26T00:30:00')

describe('periodOf', () => {
  it('counts midnights, not hours', () => {
    expect(periodOf(at('2026-11-26T00:00:00'), NOW)).toBe('today')
    expect(periodOf(at('2026-11-25T23:59:59'), NOW)).toBe('yesterday')
    expect(periodOf(at('2026-11-25T00:00:00'), NOW)).toBe('yesterday')
    expect(periodOf(at('2026-11-24T23:59:59'), NOW)).toBe('week')
  })

  it('takes a clock that is ahead as today', () => {
    expect(periodOf(at('2026-11-27T09:00:00'), NOW)).toBe('today')
  })

  it('ends the week after six days and the month after twenty-nine', () => {
    expect(periodOf(at('2026-11-20T00:00:00'), NOW)).toBe('week')
    expect(periodOf(at('2026-11-19T23:00:00'), NOW)).toBe('month')
    expect(periodOf(at('2026-10-28T00:00:00'), NOW)).toBe('month')
    expect(periodOf(at('2026-10-27T23:00:00'), NOW)).toBe('2026-10')
    expect(periodOf(at('2025-01-05T12:00:00'), NOW)).toBe('2025-01')
  })
})

describe('monthText', () => {
  it('names the year only where it is another one', () => {
    expect(monthText('2026-03', 'en', NOW)).toBe('March')
    expect(monthText('2025-03', 'en', NOW)).toBe('March 2025')
    expect(monthText('2025-03', 'zh-Hans', NOW)).toBe('2025年3月')
  })
})
