// @vitest-environment node
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'

type Colours = Readonly<Record<string, string>>

const css = readFileSync(new URL('./tokens.css', import.meta.url), 'utf8')

/** The colours of one block of tokens.css, by name without dashes. */
function coloursOf(selector: string): Colours {
  const start = css.indexOf(`${selector} {`)
  const block = css.slice(start, css.indexOf('\n}', start))
  return Object.fromEntries(
    [...block.matchAll(/--([a-z-]+): (#[0-9a-f]{6});/g)].map(([, name, value]) => [name, value]),
  )
}

/** Relative luminance, WCAG 2.2. */
function luminance(colour: string): number {
  const parts = [1, 3, 5].map((at) => Number.parseInt(colour.slice(at, at + 2), 16) / 255)
  const [red = 0, green = 0, blue = 0] = parts.map((part) =>
    part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4,
  )
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue
}

function contrast(one: string, other: string): number {
  const [darker = 0, lighter = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b)
  return (lighter + 0.05) / (darker + 0.05)
}

const light = coloursOf(':root')
const dark = coloursOf(':root[data-theme="dark"]')
const GROUNDS = ['paper', 'paper-raised', 'paper-sunk']

/** Ink and ground that meet somewhere in the app, with the ratio that WCAG 2.2 AA wants. */
const PAIRS: readonly (readonly [ink: string, ground: string, least: number])[] = [
  ...['ink', 'ink-soft', 'ink-faint', 'accent', 'good', 'warn', 'bad'].flatMap((ink) =>
    GROUNDS.map((ground) => [ink, ground, 4.5] as const),
  ),
  ...['good', 'warn', 'bad', 'accent'].flatMap((name) => [
    [name, `${name}-soft`, 4.5] as const,
    ['ink', `${name}-soft`, 4.5] as const,
    ['ink-soft', `${name}-soft`, 4.5] as const,
  ]),
  ['accent-ink', 'accent', 4.5],
  ['bad-ink', 'bad', 4.5],
  ['ink', 'mark', 4.5],
  ['ink-soft', 'mark', 4.5],
  // Edges of fields and the ring of the focus: parts that must be seen, 3 to 1.
  ...['line-strong', 'focus'].flatMap((ink) => GROUNDS.map((ground) => [ink, ground, 3] as const)),
  ['focus', 'accent-soft', 3],
]

describe.each([
  ['light', light],
  ['dark', dark],
])('the %s theme', (_, colours) => {
  it('has every colour that the other has', () => {
    expect(Object.keys(colours).sort()).toEqual(Object.keys(light).sort())
    expect(Object.keys(colours).length).toBeGreaterThan(15)
  })

  it.each(PAIRS)('shows %s on %s at %d to 1 or more', (ink, ground, least) => {
    expect(colours[ink], `${ink} is a colour`).toBeDefined()
    expect(contrast(colours[ink] ?? '', colours[ground] ?? '')).toBeGreaterThanOrEqual(least)
  })
})

describe('contrast', () => {
  it('is 21 from black to white and 1 from a colour to itself', () => {
    expect(contrast('#000000', '#ffffff')).toBeCloseTo(21, 5)
    expect(contrast('#767676', '#ffffff')).toBeCloseTo(4.54, 2)
    expect(contrast('#123456', '#123456')).toBe(1)
  })
})
