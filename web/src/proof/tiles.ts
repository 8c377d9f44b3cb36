/**
 * Tiles of C2SP tlog-tiles 0.1.0 (clause 2): where hashes and entries of a log lie, and what is in a file.
 *
 * - A tile at level L holds up to 256 hashes, each the root of `256^L` leaves. Paths are
 *   `tile/<L>/<N>[.p/<W>]` and `tile/entries/<N>[.p/<W>]`; N stands in groups of three digits.
 * - An entry bundle is a sequence of entries, each after its length as a big-endian uint16.
 */

import type { Bytes } from './bytes'
import { treeRoot } from './merkle'
import { need } from './refused'

export const WIDTH = 256
const HEIGHT = 8
const HASH_BYTES = 32

export function tilePath(level: number | 'entries', index: number, width = WIDTH): string {
  const groups = String(index)
    .replace(/\B(?=(?:\d{3})+$)/g, '/')
    .split('/')
  const padded = groups.map((group) => group.padStart(3, '0'))
  const path = [...padded.slice(0, -1).map((group) => `x${group}`), padded.at(-1)].join('/')
  return `tile/${level}/${path}${width === WIDTH ? '' : `.p/${width}`}`
}

/** How many hashes the tile `index` of a level holds in a tree of `size` leaves. */
export function widthOf(level: number, index: number, size: number): number {
  return Math.max(0, Math.min(WIDTH, Math.floor(size / WIDTH ** level) - index * WIDTH))
}

export function parseTile(data: Bytes, width: number): Bytes[] {
  need(
    data.length === width * HASH_BYTES,
    'tile/malformed',
    `A tile has ${data.length} bytes, not ${width} hashes.`,
  )
  return Array.from({ length: width }, (_, at) => data.slice(at * HASH_BYTES, (at + 1) * HASH_BYTES))
}

/** Split an entry bundle that must hold exactly `width` entries. */
export function parseEntries(data: Bytes, width: number): Bytes[] {
  const entries: Bytes[] = []
  for (let at = 0; at < data.length; ) {
    const length = ((data[at] ?? 0) << 8) | (data[at + 1] ?? 0)
    const end = at + 2 + length
    need(at + 2 <= data.length && end <= data.length, 'tile/malformed', 'An entry bundle is torn.')
    entries.push(data.slice(at + 2, end))
    at = end
  }
  need(
    entries.length === width,
    'tile/malformed',
    `An entry bundle holds ${entries.length} entries, not ${width}.`,
  )
  return entries
}

/** Where the full subtree of `2^level` leaves number `index` lies: hashes `first` to `first + count` of a tile. */
export interface Place {
  level: number
  index: number
  first: number
  count: number
}

export function placeOf(level: number, index: number): Place {
  const height = level % HEIGHT
  const start = index * 2 ** height
  return {
    level: (level - height) / HEIGHT,
    index: Math.floor(start / WIDTH),
    first: start % WIDTH,
    count: 2 ** height,
  }
}

/** Return the hash of a full subtree from the hashes of the tile that it lies in. */
export function hashIn(tile: readonly Bytes[], place: Place): Bytes {
  const hashes = tile.slice(place.first, place.first + place.count)
  need(
    hashes.length === place.count,
    'tile/malformed',
    'A tile is too short for the tree that it belongs to.',
  )
  return treeRoot(hashes)
}
