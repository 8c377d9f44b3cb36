/** Time left and opening times in words that do not press. */

const MINUTE_MS = 60_000

/** Minutes left, coarse: nobody should watch a clock. Null for no limit. */
export function minutesLeft(leftMs: number | null): number | null {
  if (leftMs === null) return null
  const minutes = Math.ceil(leftMs / MINUTE_MS)
  if (minutes > 10) return Math.round(minutes / 5) * 5
  return minutes > 5 ? 10 : minutes > 2 ? 5 : Math.max(minutes, 1)
}

/** The part of the day's or the sitting's time that is left, 0 to 1; 1 for no limit. */
export function partLeft(leftMs: number | null, limits: readonly (number | null)[]): number {
  if (leftMs === null) return 1
  const set = limits.filter((one) => one !== null)
  const most = set.length === 0 ? leftMs : Math.min(...set) * MINUTE_MS
  return most <= 0 ? 0 : Math.min(1, Math.max(0, leftMs / most))
}

/** When something opens: `07:00`, with the day where it is not today. */
export function opensText(
  opensMs: number,
  nowMs: number,
  language: string,
): { time: string; isToday: boolean } {
  const day = new Intl.DateTimeFormat('en-CA', { dateStyle: 'short' })
  return {
    time: new Intl.DateTimeFormat(language, { hour: 'numeric', minute: '2-digit' }).format(opensMs),
    isToday: day.format(opensMs) === day.format(nowMs),
  }
}
