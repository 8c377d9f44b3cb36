/** Governance entries signed in the browser's own language, for tests of what reads them. */

import { ed25519 } from '@noble/curves/ed25519.js'
import { type Bytes, base64, fromBase64, hex, utf8 } from '../bytes'
import { encode, type JsonObject, parseObject } from '../canonical'
import { digestOf, sha256 } from '../hash'
import { EMPTY_ROOT } from '../merkle'
import { PAYLOAD_TYPE, pae } from './dsse'
import { ROLES } from './root'

export const NAME = 'verax.test/abcdefghijklmnopqrstuvwxyz'

export function seedOf(person: string): Bytes {
  return sha256(utf8(`test key of ${person}`))
}

/** A root document of one person who may do everything. */
export function soloRoot(logs: string[], changes: JsonObject = {}): JsonObject {
  const material = base64(ed25519.getPublicKey(seedOf('ann')) as Bytes)
  const channel = {
    approvals: 0,
    gates: [],
    witness: false,
    max_head_age_s: 3600,
    rollback_depth: 2,
    public: true,
  }
  return {
    version: 1,
    name: NAME,
    rules: 1,
    logs,
    keys: { key_ann: { person: 'ann', kind: 'ed25519', material } },
    roles: Object.fromEntries(ROLES.map((role) => [role, { keys: ['key_ann'], threshold: 1 }])),
    channels: [
      { ...channel, name: 'assistant' },
      { ...channel, name: 'runtime' },
    ],
    witness_policy: '',
    solo: true,
    retention: {},
    ...changes,
  }
}

/** Return the next entry, signed by ann, who relies on no tree. */
export function entryAfter(
  entries: readonly Bytes[],
  kind: string,
  subject: { name: string; digest: string },
  own: JsonObject,
  root = 1,
): Bytes {
  const payload = encode({
    _type: 'https://in-toto.io/Statement/v1',
    predicateType: `urn:verax:${kind}:v1`,
    subject: [{ name: subject.name, digest: { sha256: subject.digest } }],
    predicate: {
      ...own,
      log: `${NAME}/governance`,
      root: entries.length === 0 ? 0 : root,
      seen: { size: 0, root: hex(EMPTY_ROOT) },
      nonce: entries.length.toString(16).padStart(32, '0'),
      time_ms: 1_760_000_000_000 + 1000 * entries.length,
    },
  })
  const sig = base64(ed25519.sign(pae(payload), seedOf('ann')) as Bytes)
  return encode({
    payload: base64(payload),
    payloadType: PAYLOAD_TYPE,
    signatures: [{ keyid: 'key_ann', sig }],
  })
}

export function rootEntry(entries: readonly Bytes[], document: JsonObject): Bytes {
  const subject = { name: 'root', digest: digestOf(encode(document)) }
  return entryAfter(entries, 'root', subject, { document }, Number(document['version']) - 1)
}

const alarms = new Map<string, Bytes>()

/** Return an alarm; the same for the same place, since signing takes most of a test's time. */
export function alarmEntry(entries: readonly Bytes[], root = 1): Bytes {
  const place = `${entries.length} ${root}`
  const own = { code: 'log/rolled-back', channel: 'assistant', count: 1, first_ms: 1, last_ms: 2 }
  const made =
    alarms.get(place) ?? entryAfter(entries, 'alarm', { name: 'detail', digest: '0'.repeat(64) }, own, root)
  alarms.set(place, made)
  return made
}

/** Return the statement id of an entry. */
export function idOf(entry: Bytes): string {
  return digestOf(fromBase64(String(parseObject(entry)['payload'])))
}
