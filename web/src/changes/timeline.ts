/**
 * The timeline of a rollback: what changed, and which turns met it (`verax.gates.rollout.timeline`).
 *
 * An alarm in the log names a small blob, that names the timeline; each is read by its digest, so that what is shown
 * is what was written after the rollback.
 */

import type { Bytes } from '@/proof/bytes'
import { type JsonObject, parseObject } from '@/proof/canonical'
import type { Blobs, State } from '@/proof/governance/state'
import { Refused } from '@/proof/refused'
import { anyObject, digest, flag, integer, list, object, text } from '@/proof/shape'
import type { Difference } from '@/transparency/wording'

const ALARM = 'rollout/rolled-back'

export interface Timeline {
  readonly digest: string
  /** Every field in which what was taken out differs from what serves again; `before` is of the latter. */
  readonly differences: readonly Difference[]
  /** Sentences that were banned. */
  readonly bans: number
  readonly turns: {
    readonly count: number
    /** Those that ended in the middle of a reply. */
    readonly withdrawn: number
    /** The reply log that they stand in, and the first and last leaf of each run of neighbours. */
    readonly log: string
    readonly leaves: readonly (readonly [first: number, last: number])[]
    /** False where the list of leaves was cut. */
    readonly isWhole: boolean
  }
}

// A release is at most 512 KB, and so is a text in it.
const wording = text(undefined, 524_288)
const field = object({ path: text() }, { good: wording, bad: wording })
const turns = object({
  log: text(),
  log_id: integer(),
  count: integer(),
  withdrawn: integer(),
  leaves: list(list(integer(), 2), 50_000),
  is_whole: flag,
})
const pointer = object({ timeline: digest, move: integer(), turns: integer() })
const fieldList = list(field, 100_000)
const banList = list(digest, 100_000)

/** Returns the timeline of the rollback at an entry; null where it is not written yet, or cannot be read from here. */
export async function timelineOf(
  state: State,
  channel: string,
  move: number,
  blobs: Blobs,
): Promise<Timeline | null> {
  for (const { index, reason, statement } of state.outcomes) {
    if (index <= move || reason !== null || statement?.kind !== 'alarm') continue
    if (statement.code !== ALARM || statement.channel !== channel) continue
    const named = read(await blobs(statement.subject), (value) => pointer(value, 'alarm'))
    if (named?.move !== move) continue
    return read(await blobs(named.timeline), (value) => timelineIn(named.timeline, value))
  }
  return null
}

function timelineIn(name: string, source: JsonObject): Timeline {
  const { count, withdrawn, log, leaves, is_whole } = turns(source['turns'] ?? '', 'turns')
  const fields = fieldList(source['diff'] ?? '', 'diff')
  return {
    digest: name,
    differences: fields.map(({ path, good, bad }) => ({ path, before: good ?? null, after: bad ?? null })),
    bans: banList(source['bans'] ?? '', 'bans').length,
    turns: {
      count,
      withdrawn,
      log,
      leaves: leaves.map(([first = 0, last = 0]) => [first, last] as const),
      isWhole: is_whole,
    },
  }
}

function read<T>(data: Bytes | null, parse: (value: JsonObject) => T): T | null {
  if (data === null) return null
  try {
    return parse(anyObject(parseObject(data), 'document'))
  } catch (error) {
    if (error instanceof Refused) return null
    throw error
  }
}
