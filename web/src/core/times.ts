/** Moments and amounts in the words of a language. */

const STEPS: readonly (readonly [unit: Intl.RelativeTimeFormatUnit, ms: number])[] = [
  ['year', 31_536_000_000],
  ['month', 2_592_000_000],
  ['week', 604_800_000],
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
]

/** How long ago, or how long until: `3 days ago`, `in 2 hours`, `now`. */
export function relativeText(atMs: number, nowMs: number, language: string): string {
  const gap = atMs - nowMs
  const form = new Intl.RelativeTimeFormat(language, { numeric: 'auto' })
  for (const [unit, ms] of STEPS) {
    if (Math.abs(gap) >= ms) return form.format(Math.trunc(gap / ms), unit)
  }
  return form.format(0, 'second')
}

export function dateText(atMs: number, language: string): string {
  return new Intl.DateTimeFormat(language, { dateStyle: 'medium' }).format(atMs)
}

export function momentText(atMs: number, language: string): string {
  return new Intl.DateTimeFormat(language, { dateStyle: 'medium', timeStyle: 'short' }).format(atMs)
}

/** A number with the separators of the language; large ones shortened: `1.2M`, `120万`. */
export function numberText(value: number, language: string): string {
  const isLarge = Math.abs(value) >= 100_000
  return new Intl.NumberFormat(
    language,
    isLarge ? { notation: 'compact', maximumFractionDigits: 1 } : {},
  ).format(value)
}
