/**
 * What this browser saw of an installation: its log keys, and the newest tree of each log (clauses 2 and 6).
 *
 * A browser that keeps this is a small witness: a log that went back, forked, or changed its key is noticed here,
 * whatever the server says. Pins are never moved by what failed a check.
 */

import { fromUtf8, utf8 } from '../bytes'
import { encode, parse } from '../canonical'
import { Refused } from '../refused'
import { choice, digest, integer, list, object, type Shaped, text } from '../shape'

const mark = object({
  origin: text(),
  size: integer(),
  root: digest,
  /** The signed checkpoint, verbatim: evidence, should another history be shown. */
  note: text(),
  seen_ms: integer(),
})

const pins = object({
  v: choice(1),
  name: text(),
  /** Digest of the first root document, empty until the log was read whole. */
  fingerprint: text(/^(?:[0-9a-f]{64})?$/),
  /** Verifier keys, as the root in force names them, or as they were first met. */
  keys: list(text()),
  logs: list(mark),
  first_ms: integer(),
})

export type Mark = Shaped<typeof mark>
export type Pins = Shaped<typeof pins>

export interface PinStore {
  read(): Promise<Pins | null>
  write(pins: Pins): Promise<void>
  /** Forget everything; only ever because a person decided to. */
  clear(): Promise<void>
}

/** The part of the Web Storage API that is used here. */
export type TextStore = Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>

/** Keep pins as one text. What cannot be read any more counts as never seen. */
export function textPins(store: TextStore, key = 'verax/pins'): PinStore {
  return {
    read: async () => {
      const kept = store.getItem(key)
      return kept === null ? null : readPins(kept)
    },
    write: async (given) => store.setItem(key, fromUtf8(encode(given))),
    clear: async () => store.removeItem(key),
  }
}

function readPins(kept: string): Pins | null {
  try {
    return pins(parse(utf8(kept)), 'pins')
  } catch (error) {
    if (error instanceof Refused) return null
    throw error
  }
}

export function markOf(given: Pins | null, origin: string): Mark | null {
  return given?.logs.find((item) => item.origin === origin) ?? null
}

/** Return the pins with a newer mark of one log; another tab may have kept one that is newer still. */
export function withMark(given: Pins, newer: Mark): Pins {
  if ((markOf(given, newer.origin)?.size ?? 0) > newer.size) return given
  return { ...given, logs: [...given.logs.filter((item) => item.origin !== newer.origin), newer] }
}
