/** Which part of a list by time something belongs to: today, yesterday, the last week, the last month, then each month. */

export type Period = 'today' | 'yesterday' | 'week' | 'month'

/** A named period, or a calendar month as `2026-11`. */
export type PeriodName = Period | `${number}-${string}`

const DAY_MS = 86_400_000

/** The period of a moment; days begin at midnight where the person is. A moment to come counts as today. */
export function periodOf(atMs: number, nowMs: number): PeriodName {
  const days = daysBetween(atMs, nowMs)
  if (days <= 0) return 'today'
  if (days === 1) return 'yesterday'
  if (days < 7) return 'week'
  if (days < 30) return 'month'
  const at = new Date(atMs)
  return `${at.getFullYear()}-${String(at.getMonth() + 1).padStart(2, '0')}`
}

/** Midnights between two moments; rounding takes up the hour that summer time moves. */
function daysBetween(atMs: number, nowMs: number): number {
  return Math.round((midnight(nowMs) - midnight(atMs)) / DAY_MS)
}

function midnight(ms: number): number {
  return new Date(ms).setHours(0, 0, 0, 0)
}

/** A month in words of the language: `November 2026`; without the year in the year that it is now. */
export function monthText(month: string, language: string, nowMs: number): string {
  const [year = 0, number = 1] = month.split('-').map(Number)
  const isThisYear = new Date(nowMs).getFullYear() === year
  const form: Intl.DateTimeFormatOptions = isThisYear ? { month: 'long' } : { year: 'numeric', month: 'long' }
  return new Intl.DateTimeFormat(language, form).format(new Date(year, number - 1, 1))
}
