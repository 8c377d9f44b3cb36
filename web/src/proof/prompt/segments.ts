/**
 * A prompt as segments with authors (clause 7).
 *
 * Only `release` and `clock` stand in clear; every other segment is committed to under the name
 * `segment_<index>` and a salt of its turn. The prompt digest is over the closed form.
 */

import { hex, utf8 } from '../bytes'
import { encode, type JsonObject } from '../canonical'
import { taggedHash } from '../hash'
import type { TurnSecret } from '../record'
import { choice, list, object, type Shaped, text } from '../shape'

export const AUTHORS = [
  'release',
  'clock',
  'app',
  'user',
  'assistant',
  'memory',
  'retrieved',
  'tool',
] as const
export const SEGMENT_ROLES = ['system', 'user', 'assistant', 'tool', 'tools', 'tool_calls', 'image'] as const

const segment = object({
  by: choice(...AUTHORS),
  role: choice(...SEGMENT_ROLES),
  text: text(undefined, 100_000_000),
})
export type Segment = Shaped<typeof segment>

/** Segments as the server of a turn opens them to its owner. */
export const segmentsShape = list(segment, 100_000)

export function isClear(item: Segment): boolean {
  return item.by === 'release' || item.by === 'clock'
}

/** Return the closed form of a prompt's segments. */
export function closeSegments(segments: readonly Segment[], secret: TurnSecret): JsonObject[] {
  return segments.map((item, index) => {
    if (isClear(item)) return { by: item.by, role: item.role, text: item.text }
    const name = `segment_${index}`
    const data = utf8(item.text)
    return { by: item.by, role: item.role, name, commit: secret.commit(name, data), bytes: data.length }
  })
}

/** Return the prompt digest of segments in closed form, 64 hex digits. */
export function promptDigest(closed: JsonObject[]): string {
  return hex(taggedHash('verax/prompt/v1', encode(closed)))
}
