/**
 * The governance bundle: who approved the release behind a receipt (clauses 11 and 12, step 7).
 *
 * - Every entry is shown to be in the tree that the record names, and that tree to be the beginning of one that
 *   the governance log signed. The entries are folded, and the outcome is compared with the record.
 * - Not checked, and said so: entries that the bundle leaves out; bans on texts, which need the releases; and
 *   whether names are different people. What was not rolled back *since* takes the whole log.
 */

import { type Bytes, equal, fromHex, isDigest } from '../bytes'
import { encode, type JsonObject, parse } from '../canonical'
import { openCheckpoint } from '../checkpoint'
import { digestOf } from '../hash'
import type { VerifierKey } from '../key'
import { checkConsistency, leafHash, rootOfPath } from '../merkle'
import type { Found } from '../receipt'
import type { ReplyRecord } from '../record'
import { need, Refused } from '../refused'
import { anyObject, bytes, choice, integer, list, object, text, under } from '../shape'
import { MAX_ENVELOPE_BYTES } from './dsse'
import { foldSome, foldWithoutBlobs } from './fold'
import { RUNTIME } from './root'
import { type Admission, isRolledBack, type State } from './state'

export const MAX_BUNDLE_BYTES = 8_000_000
const MANY = 1_000_000

const bundleShape = object({
  v: choice(1),
  checkpoint: text(undefined, MAX_BUNDLE_BYTES),
  consistency: list(bytes, MANY),
  entries: list(object({ index: integer(), envelope: anyObject, path: list(bytes, 64) }), MANY),
  blobs: list(bytes, MANY),
})

interface Opened {
  entries: [index: number, entry: Bytes][]
  blobs: Map<string, Bytes>
}

/** Check a record against a bundle. */
export async function checkBundle(
  record: ReplyRecord,
  data: Bytes,
  keys: readonly VerifierKey[],
  fingerprint?: string,
): Promise<Found> {
  need(data.length <= MAX_BUNDLE_BYTES, 'bytes/too-large', 'The bundle is larger than 8 MB.')
  const { entries, blobs } = await openBundle(record, data, keys)
  const { size } = record.governance
  const isWhole = entries.length === size
  const state = isWhole ? await foldWithoutBlobs(entries.map(([, entry]) => entry)) : await foldSome(entries)
  need(state.root, 'governance/no-root', 'The bundle does not begin with a valid root document.')
  const origin = `${originOf(record)}/governance`
  need(
    state.root.origin === origin,
    'governance/no-root',
    'The bundle is of another installation than the record.',
  )
  const isKnown = fingerprint === undefined || fingerprint === state.fingerprint
  need(
    isKnown,
    'governance/fingerprint',
    `The installation's fingerprint is ${state.fingerprint}, not the one given.`,
  )
  const found = compare(record, state, portableOf(record.runtime, blobs))
  const read = isWhole ? `All ${size} entries were read.` : `${entries.length} of ${size} entries were read.`
  const anchor = fingerprint ? 'as given' : 'not compared with anything'
  const place = `Installation ${state.fingerprint.slice(0, 16)}…, ${anchor}.`
  return {
    detail: `${found.detail} Bans on texts were not checked. ${place} ${read}`,
    facts: {
      ...found.facts,
      fingerprint: state.fingerprint,
      anchored: String(fingerprint !== undefined),
      read: String(entries.length),
      size: String(size),
    },
  }
}

function originOf(record: ReplyRecord): string {
  return record.log.slice(0, record.log.lastIndexOf('/replies/'))
}

async function openBundle(record: ReplyRecord, data: Bytes, keys: readonly VerifierKey[]): Promise<Opened> {
  const bundle = under('governance/malformed', () => bundleShape(parse(data), 'bundle'))
  const { size, root: expected } = record.governance
  need(size > 0, 'governance/tree', 'The record names an empty governance log.')
  const root = fromHex(expected)
  const signed = await openCheckpoint(bundle.checkpoint, `${originOf(record)}/governance`, keys)
  checkConsistency({ size, root }, { size: Number(signed.size), root: signed.root }, bundle.consistency)
  const entries = bundle.entries.map(({ index, envelope, path }): [number, Bytes] => {
    const entry = encode(envelope as JsonObject)
    need(entry.length <= MAX_ENVELOPE_BYTES, 'governance/malformed', 'An entry of the bundle is too long.')
    const found = rootOfPath(leafHash(entry), BigInt(index), BigInt(size), path)
    need(equal(found, root), 'governance/tree', `Entry ${index} of the bundle is not in the log.`)
    return [index, entry]
  })
  const isOrdered = entries.every(([index], at) => at === 0 || (entries[at - 1]?.[0] ?? 0) < index)
  need(isOrdered, 'governance/malformed', 'The entries of the bundle are not in order.')
  return { entries, blobs: new Map(bundle.blobs.map((blob) => [digestOf(blob), blob])) }
}

/** Return the digest of the part of a runtime that people admit. */
function portableOf(runtime: string, blobs: ReadonlyMap<string, Bytes>): string {
  const data = blobs.get(runtime)
  need(data, 'governance/incomplete', 'The bundle lacks the description of the runtime that answered.')
  return portableDigest(data)
}

/** Return the digest of the admitted part of an instance manifest (clause 13). */
export function portableDigest(manifest: Bytes): string {
  return under('governance/runtime', () => {
    const { source, lock } = anyObject(parse(manifest), 'runtime')
    const isSound =
      typeof source === 'string' && typeof lock === 'string' && isDigest(source) && isDigest(lock)
    if (!isSound) throw new Refused('governance/runtime', "The runtime's description is malformed.")
    return digestOf(encode({ source, lock }))
  })
}

/** Compare a record with the state that it was resolved from. */
export function compare(record: ReplyRecord, state: State, portable: string): Found {
  const runtime = state.channels.get(RUNTIME)
  const isAdmitted = runtime?.serving?.release === portable
  need(isAdmitted, 'governance/runtime', 'The runtime that answered was not the admitted one.')
  need(!runtime.frozen, 'governance/frozen', 'The runtime was frozen.')
  if (record.arm === 'preview')
    return { detail: 'A preview needs no admission; the runtime was admitted.', facts: { arm: record.arm } }
  const channel = state.channels.get(record.channel)
  need(channel, 'governance/not-served', `The root names no channel ${record.channel}.`)
  need(!channel.frozen, 'governance/frozen', 'The channel was frozen.')
  const served = record.arm === 'head' ? channel.serving : channel.canary
  const isServed = served?.release === record.release
  need(isServed, 'governance/not-served', `The release was not the ${record.arm} of the channel.`)
  const isOut = isRolledBack(served, state.bannedReleases)
  need(!isOut, 'governance/rolled-back', 'The release was rolled back elsewhere.')
  need(served.mode === record.mode, 'governance/mode', 'The record states another mode than the log gives.')
  return approvalFacts(record.arm, served, state)
}

function approvalFacts(arm: string, served: Admission, state: State): Found {
  const change = state.changes.get(served.change)
  const authors = [...(change?.signers ?? [])].sort().join(', ')
  const approved = served.approved.join(', ')
  const gates = [...(change?.gates ?? [])].filter(([, gate]) => gate.passed).map(([suite]) => suite)
  const people = `proposed by ${authors}, approved by ${approved || 'nobody else'}`
  return {
    detail: `The release was the ${arm} of the channel: ${people}, mode ${served.mode}; the runtime was admitted.`,
    facts: { arm, authors, approved, gates: gates.sort().join(', '), mode: served.mode },
  }
}
