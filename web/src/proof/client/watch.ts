/**
 * One look at a log: its newest checkpoint, under keys that are known, grown from the one seen before.
 */

import { fromUtf8, hex } from '../bytes'
import { openCheckpoint } from '../checkpoint'
import { parseKeys, type VerifierKey } from '../key'
import { type Reason, Refused } from '../refused'
import { type Mark, markOf, type Pins } from './pins'
import { type ReadFile, readFile } from './source'
import { checkGrowth, treeOf } from './tree'

/** Something that must not be overlooked: a log that is not what it was. */
export interface Alarm {
  reason: Reason
  detail: string
  origin: string
  /** What this browser saw before, and what it is shown now. */
  seen: Mark | null
  shown: string | null
}

// A server that is down is no alarm; whatever else fails here is.
const HARMLESS: ReadonlySet<Reason> = new Set(['log/unreachable'])

/** What cannot be explained by a network that is down, with what was seen and shown, as evidence. */
export class LogAlarm extends Error {
  readonly alarm: Alarm

  constructor(alarm: Alarm) {
    super(alarm.detail)
    this.name = 'LogAlarm'
    this.alarm = alarm
  }
}

/** Return the newest checkpoint of a log as a mark; refuse, loudly, one that does not continue what was seen. */
export async function look(
  read: ReadFile,
  prefix: string,
  origin: string,
  keys: readonly VerifierKey[],
  pins: Pins | null,
  nowMs: number,
): Promise<Mark> {
  const seen = markOf(pins, origin)
  let shown: string | null = null
  try {
    shown = fromUtf8(await readFile(read, `${prefix}/checkpoint`))
    const checkpoint = await openCheckpoint(shown, origin, keys)
    const size = Number(checkpoint.size)
    if (seen) await checkGrowth(read, prefix, treeOf(seen), { size, root: checkpoint.root })
    return { origin, size, root: hex(checkpoint.root), note: shown, seen_ms: nowMs }
  } catch (error) {
    throw asAlarm(error, origin, seen, shown)
  }
}

/** Turn a refusal into an alarm, unless it only says that the server cannot be reached. */
export function asAlarm(error: unknown, origin: string, seen: Mark | null, shown: string | null): unknown {
  if (!(error instanceof Refused) || HARMLESS.has(error.reason)) return error
  return new LogAlarm({ reason: error.reason, detail: error.message, origin, seen, shown })
}

/** Return the keys that an installation offers, governance first. */
export async function offeredKeys(read: ReadFile): Promise<VerifierKey[]> {
  return parseKeys(fromUtf8(await readFile(read, 'log/key')))
}
