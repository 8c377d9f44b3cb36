/**
 * The root document: who may do what, and under which demands (clause 4, ADR 0020).
 *
 * - Thresholds count persons, not keys. One key material stands under one id only.
 * - `solo: false` needs two persons as reviewers; no approvals and no gates are legal only while it is true.
 * - The channel `runtime` always exists.
 */

import { base64 } from '../bytes'
import { encode, type JsonObject } from '../canonical'
import { parsePolicy } from '../cosignature'
import { isPublicKey } from '../ed25519'
import { digestOf } from '../hash'
import { parseKey } from '../key'
import { isPoint } from '../p256'
import { CHANNEL } from '../record'
import { need, Refused } from '../refused'
import {
  anyObject,
  bytes,
  choice,
  digest,
  distinct,
  flag,
  integer,
  list,
  malformed,
  named,
  object,
  type Shape,
  type Shaped,
  text,
  under,
} from '../shape'

export const RUNTIME = 'runtime'
export const SUPPORTED_RULES = 1
export const ROLES = ['root', 'author', 'reviewer', 'operator', 'monitor', 'gate', 'recorder'] as const
export type Role = (typeof ROLES)[number]

export const KEY_ID = /^[A-Za-z0-9_]{1,64}$/
export const SUITE = /^[a-z0-9][a-z0-9_]{0,63}$/
const NAME = /^(?:[a-z0-9][a-z0-9.-]{0,62}[./-])?[a-z2-7]{26}$/
const LOG_NAME = /^\/(?:governance|promise|replies\/(?:0|[1-9][0-9]{0,8}))$/
const DECIMAL = /^-?(?:0|[1-9][0-9]{0,8})(?:\.[0-9]{1,9})?$/
const BEYOND = /^-?999999999\.0*[1-9]/
const MAX_KEYS = 128
const MAX_POLICY_LINES = 1_000

const material = { person: text(/^[A-Za-z0-9][A-Za-z0-9._:-]{0,63}$/), material: bytes }
const ed25519Key = object({ ...material, kind: choice('ed25519') })
const passkey = object(
  {
    ...material,
    kind: choice('passkey'),
    rp_id: text(/^[a-z0-9][a-z0-9.-]{0,252}$/),
    origins: distinct(text(/^https?:\/\/[!-~]{1,300}$/), 16),
  },
  { device_bound: flag },
)

export type Ed25519Key = Shaped<typeof ed25519Key>
export type Passkey = Shaped<typeof passkey>
export type RootKey = Ed25519Key | Passkey

const key: Shape<RootKey> = (value, where) => {
  const found =
    anyObject(value, where)['kind'] === 'passkey' ? passkey(value, where) : ed25519Key(value, where)
  const isSound =
    found.kind === 'ed25519'
      ? isPublicKey(found.material)
      : isPoint(found.material) && found.origins.length > 0
  if (!isSound) throw malformed(where, 'a public key of its kind')
  return found
}

const floor: Shape<string> = (value, where) => {
  if (typeof value !== 'string' || !DECIMAL.test(value) || BEYOND.test(value))
    throw malformed(where, 'a decimal')
  return value
}

const role = object({ keys: distinct(text(KEY_ID), MAX_KEYS), threshold: integer(1, MAX_KEYS) })

const channel = object({
  name: text(CHANNEL),
  approvals: integer(0, MAX_KEYS),
  gates: list(object({ suite: text(SUITE), floors: named(/./, floor, 100_000) }), 64),
  witness: flag,
  max_head_age_s: integer(1, 31_536_000),
  rollback_depth: integer(0, 64),
  public: flag,
})
export type ChannelRules = Shaped<typeof channel>

const document = object(
  {
    version: integer(1),
    name: text(NAME),
    rules: integer(1),
    logs: distinct(text(), 256),
    keys: named(KEY_ID, key, MAX_KEYS),
    roles: object({
      root: role,
      author: role,
      reviewer: role,
      operator: role,
      monitor: role,
      gate: role,
      recorder: role,
    }),
    channels: list(channel, 128),
    witness_policy: text(undefined, 8192),
    solo: flag,
    retention: object({}, { replies_days: integer(1, 36_500) }),
  },
  { predecessor: digest },
)

/** A valid root document; `channels` are by name, `fingerprint` is the digest of the whole. */
export interface RootDocument extends Omit<Shaped<typeof document>, 'channels'> {
  channels: Map<string, ChannelRules>
  fingerprint: string
  origin: string
  source: JsonObject
}

/** Read a root document strictly. */
export function parseRoot(source: JsonObject): RootDocument {
  return under('root/malformed', () => {
    const read = document(source, 'root')
    const root: RootDocument = {
      ...read,
      channels: new Map(read.channels.map((item) => [item.name, item])),
      fingerprint: digestOf(encode(source)),
      origin: `${read.name}/governance`,
      source,
    }
    checkNames(root, read.channels)
    checkPolicy(root)
    checkRoles(root)
    checkChannels(root)
    return root
  })
}

/** Return the persons who hold a role. */
export function personsOf(root: RootDocument, name: Role): Set<string> {
  return new Set(root.roles[name].keys.map((id) => (root.keys.get(id) as RootKey).person))
}

function refuse(condition: boolean, message: string): void {
  need(!condition, 'root/malformed', `root: ${message}.`)
}

function checkNames(root: RootDocument, channels: ChannelRules[]): void {
  const logs = root.logs.map((line) => parseLog(line))
  const isOurs = logs.every(
    (name) => name.startsWith(`${root.name}/`) && LOG_NAME.test(name.slice(root.name.length)),
  )
  refuse(!isOurs, 'a key is named after no log of this installation')
  refuse(logs[0] !== root.origin, 'the key of the governance log comes first')
  const keys = [...root.keys.values()].map((item) => `${item.kind} ${base64(item.material)}`)
  refuse(new Set(keys).size !== keys.length, 'one key stands under two ids')
  refuse(root.predecessor !== undefined && root.version !== 1, 'only version 1 names a predecessor')
  const names = channels.map((item) => item.name)
  const sorted = [...root.channels.keys()].sort()
  refuse(
    names.length !== sorted.length || names.some((name, at) => name !== sorted[at]),
    'channels are out of order',
  )
  refuse(root.channels.has('none'), 'no channel is called "none"')
  for (const item of channels) {
    const suites = new Set(item.gates.map((gate) => gate.suite))
    refuse(suites.size !== item.gates.length, `channel ${item.name} names a suite twice`)
  }
}

function parseLog(line: string): string {
  try {
    return parseKey(line).name
  } catch (error) {
    throw new Refused('root/malformed', error instanceof Refused ? error.message : String(error))
  }
}

function checkPolicy(root: RootDocument): void {
  if (!root.witness_policy) return
  refuse(root.witness_policy.split('\n').length > MAX_POLICY_LINES, 'the witness policy has too many lines')
  try {
    parsePolicy(root.witness_policy)
  } catch (error) {
    throw new Refused('root/malformed', `root: ${error instanceof Refused ? error.message : String(error)}`)
  }
}

function checkRoles(root: RootDocument): void {
  for (const name of ROLES) {
    const { keys, threshold } = root.roles[name]
    refuse(!keys.every((id) => root.keys.has(id)), `role ${name} names an unknown key`)
    // A role that nobody holds is legal (no monitor yet), except the one that can mend that.
    refuse(
      threshold > Math.max(1, personsOf(root, name).size),
      `the threshold of role ${name} is out of reach`,
    )
  }
  refuse(root.roles.root.keys.length === 0, 'nobody holds the root role')
  refuse(!root.solo && personsOf(root, 'reviewer').size < 2, 'without solo two persons are reviewers')
}

function checkChannels(root: RootDocument): void {
  refuse(!root.channels.has(RUNTIME), 'the channel "runtime" is missing')
  const reviewers = personsOf(root, 'reviewer').size
  for (const [name, rules] of root.channels) {
    const isOpen = rules.approvals === 0 || rules.gates.length === 0
    refuse(!root.solo && isOpen, `channel ${name}: no approvals or gates are legal only while solo is true`)
    refuse(rules.approvals > reviewers, `channel ${name} asks for more approvals than there are reviewers`)
    refuse(rules.witness && !root.witness_policy, `channel ${name} waits for witnesses that nobody named`)
  }
}
