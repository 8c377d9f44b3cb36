/**
 * No text from outside can form a special token of the model (clause 7, invariant 7).
 *
 * A chat template marks who speaks with special tokens. Where text that neither the release nor the clock wrote
 * would form one, inside a text, across the segments of a message, or with what the template puts beside
 * the message, U+200B, an invisible character, stands after the first character.
 */

import type { Release } from './release'
import { isClear, SEGMENT_ROLES, type Segment } from './segments'

export const BREAK = '\u200b'

export interface TokenGuard {
  tokens: RegExp | null
  /** Texts that, at the start of a message, would end a token begun by the template. */
  heads: ReadonlySet<string>
  /** Texts that, at the end of a message, would begin a token ended by the template. */
  tails: ReadonlySet<string>
}

/** Build the guard of a release's model from the literals of its chat template. */
export function tokenGuard(model: Release['model'], literals: readonly string[]): TokenGuard {
  const tokens = model.backend === 'remote' ? [] : model.special_tokens
  // What may stand beside a message: the template's literals, or the name of a role that it prints.
  const beside = [...literals, ...SEGMENT_ROLES].filter(Boolean)
  const cuts = tokens.flatMap((token) => {
    const chars = [...token]
    return chars
      .slice(1)
      .map((_, at) => [chars.slice(0, at + 1).join(''), chars.slice(at + 1).join('')] as const)
  })
  const canEnd = (part: string) => beside.some((text) => text.endsWith(part) || part.endsWith(text))
  const canStart = (part: string) => beside.some((text) => text.startsWith(part) || part.startsWith(text))
  return {
    tokens: patternOf(tokens),
    heads: new Set(cuts.filter(([before]) => canEnd(before)).map(([, after]) => after)),
    tails: new Set(cuts.filter(([, after]) => canStart(after)).map(([before]) => before)),
  }
}

function patternOf(tokens: readonly string[]): RegExp | null {
  if (tokens.length === 0) return null
  const longestFirst = [...tokens].sort((one, other) => [...other].length - [...one].length)
  return new RegExp(`(?=(${longestFirst.map(asPattern).join('|')}))`, 'g')
}

function asPattern(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&')
}

/** Join the segments of one message, and break every token that text from outside touches. */
export function guardMessage(guard: TokenGuard, segments: readonly Segment[]): string {
  const text = segments.map((item) => item.text).join('')
  const outside = outsideSpans(segments)
  const breaks = new Set<number>()
  for (const found of guard.tokens ? text.matchAll(guard.tokens) : []) {
    const token = found[1] as string
    const touches = outside.some(([start, end]) => start < found.index + token.length && end > found.index)
    if (touches) breaks.add(found.index + ([...token][0] as string).length)
  }
  if (outside[0]?.[0] === 0 && [...guard.heads].some((head) => text.startsWith(head))) breaks.add(0)
  if (outside.at(-1)?.[1] === text.length && [...guard.tails].some((tail) => text.endsWith(tail)))
    breaks.add(text.length)
  return withBreaks(text, breaks)
}

/** Where in the joined text the words of others stand: start and end of each segment that is not empty. */
function outsideSpans(segments: readonly Segment[]): [start: number, end: number][] {
  const spans: [number, number][] = []
  let at = 0
  for (const item of segments) {
    if (!isClear(item) && item.text) spans.push([at, at + item.text.length])
    at += item.text.length
  }
  return spans
}

function withBreaks(text: string, breaks: ReadonlySet<number>): string {
  if (breaks.size === 0) return text
  const cuts = [0, ...[...breaks].sort((one, other) => one - other), text.length]
  return cuts
    .slice(1)
    .map((end, at) => text.slice(cuts[at], end))
    .join(BREAK)
}
