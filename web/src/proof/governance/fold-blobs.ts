/**
 * What the fold reads from blobs: candidates, and the wording of releases (clauses 5 and 8).
 *
 * A blob that a rule needs and that is not there stops the fold. One whose bytes do not hash to its name is not
 * there. One that is there and is no release or runtime is a reason, not a stop.
 */

import type { Bytes } from '../bytes'
import { parse } from '../canonical'
import { digestOf } from '../hash'
import { Refused } from '../refused'
import { digest, object } from '../shape'
import { type Ban, findHits, fragmentsOf } from './bans'
import { RUNTIME } from './root'
import type { BanRecord, Blobs, Ledger, State } from './state'
import { NONE } from './statement'
import { sourcesOf, wordingOf } from './wording'

const portable = object({ source: digest, lock: digest })

/** What bans are looked up in: the fold's working copy, or the state that it left. */
interface Banned {
  readonly bans: ReadonlyMap<string, BanRecord>
  readonly bannedReleases: ReadonlyMap<string, number>
  readonly blobs: Blobs | null
  readonly unread: Set<string> | null
  readonly index: number
}

/** Return the ids of the bans that a candidate meets in a state; a wording that is not there meets none. */
export function banHitsIn(
  state: State,
  candidate: string,
  channel: string,
  blobs: Blobs,
): Promise<Set<string>> {
  const { bans, bannedReleases, size } = state
  return banHits(candidate, channel, { bans, bannedReleases, blobs, unread: new Set(), index: size })
}

/** Return the ids of all bans that a candidate meets: itself, and fragments in force or `made` just now. */
export async function banHits(
  candidate: string,
  channel: string,
  ledger: Banned,
  made: readonly Ban[] = [],
): Promise<Set<string>> {
  const own = ledger.bannedReleases.has(candidate) ? [candidate] : []
  if (!ledger.blobs) return new Set(own)
  const data = await blob(candidate, ledger)
  if (!data) return new Set(own)
  if (channel === RUNTIME) {
    asReason('runtime', () => portable(parse(data), 'runtime'))
    return new Set(own)
  }
  const texts = await textsOf(data, wordingOf)
  return new Set([...own, ...findHits(texts, [...ledger.bans.values(), ...made])])
}

/** Return the fragments that `bad` added against `base`; a runtime has none. */
export async function addedFragments(
  bad: string,
  base: string,
  channel: string,
  ledger: Ledger,
): Promise<Ban[]> {
  if (channel === RUNTIME || !ledger.blobs) return []
  const before = base === NONE ? [] : await textsIn(base, ledger, wordingOf)
  return fragmentsOf(await textsIn(bad, ledger, sourcesOf), before)
}

/** Return a blob that a rule needs; null where it is missing and the fold goes on without. */
async function blob(name: string, { blobs, unread, index }: Banned): Promise<Bytes | null> {
  const data = (await blobs?.(name)) ?? null
  if (data && digestOf(data) === name) return data
  const place = `entry ${index} needs the blob ${name.slice(0, 12)}`
  if (!unread) throw new Refused('governance/incomplete', `The fold stops: ${place}, which is missing.`)
  unread.add(name)
  return null
}

type Read = (data: Bytes) => Promise<readonly string[]>

async function textsIn(name: string, ledger: Banned, read: Read): Promise<readonly string[]> {
  const data = await blob(name, ledger)
  return data ? textsOf(data, read) : []
}

async function textsOf(data: Bytes, read: Read): Promise<readonly string[]> {
  try {
    return await read(data)
  } catch (error) {
    throw asMalformed('release', error)
  }
}

function asReason<T>(what: string, work: () => T): T {
  try {
    return work()
  } catch (error) {
    throw asMalformed(what, error)
  }
}

function asMalformed(what: string, error: unknown): unknown {
  return error instanceof Refused
    ? new Refused('release/malformed', `The candidate is no valid ${what}: ${error.message}`)
    : error
}
