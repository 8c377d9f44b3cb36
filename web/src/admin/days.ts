/** Days as the server writes them: UTC, `2026-11-26`. */

const DAY_MS = 86_400_000

const written = (atMs: number): string => new Date(atMs).toISOString().slice(0, 10)

/** The first and the last of `count` days that end today. */
export function daysBack(count: number, nowMs: number): readonly [string, string] {
  return [written(nowMs - (count - 1) * DAY_MS), written(nowMs)]
}

/** Every day from one to another, both included. */
export function everyDay(first: string, last: string): string[] {
  const days: string[] = []
  for (let atMs = Date.parse(first); atMs <= Date.parse(last); atMs += DAY_MS) days.push(written(atMs))
  return days
}
