/**
 * Reply records, their salts and commitments (clause 9; forms in ADR 0010).
 */

import { type Bytes, concat, fromHex, hex, utf8 } from './bytes'
import { encode, type JsonObject } from './canonical'
import { hmacSha256, taggedHash } from './hash'
import { leafHash } from './merkle'
import { choice, digest, digestOr, integer, malformed, object, type Shape, type Shaped, text } from './shape'

const LOG = /^[!#-*,-[\]-~]+\/replies\/(?:0|[1-9][0-9]{0,8})$/
export const CHANNEL = /^[a-z][a-z0-9-]{0,31}(?:\/[a-z0-9][a-z0-9-]{0,31})?$/
const PARAM_NAME = /^[a-z][a-z0-9_]{0,63}$/
const PARAM_TEXT = /^[ !#-[\]-~]{0,64}$/
const MAX_PARAMS = 32
const SALT = /^[0-9a-f]{32}$/

export type Param = string | number | boolean

const params: Shape<Record<string, Param>> = (value, where) => {
  const fields = Object.entries(value)
  const isObject = typeof value === 'object' && !Array.isArray(value)
  if (!isObject || fields.length < 1 || fields.length > MAX_PARAMS)
    throw malformed(where, `1 to ${MAX_PARAMS} values`)
  for (const [name, item] of fields) {
    const fits = typeof item === 'string' ? PARAM_TEXT.test(item) : typeof item !== 'object'
    if (!PARAM_NAME.test(name) || !fits)
      throw malformed(`${where}.${name}`, 'short text, an integer or a boolean')
  }
  return value as Record<string, Param>
}

export const salt = text(SALT)

export const recordShape = object(
  {
    v: choice(1),
    log: text(LOG),
    id: salt,
    channel: text(CHANNEL),
    arm: choice('head', 'canary', 'preview'),
    mode: choice('solo', 'quorum'),
    release: digest,
    runtime: digest,
    governance: object({ size: integer(), root: digest }),
    backend: object({ kind: text(/^[a-z][a-z0-9_-]{0,31}$/), weights: digestOr('unknown') }),
    prompt: digest,
    sent: digest,
    request: digest,
    reply: digest,
    reply_form: choice('text', 'items'),
    status: choice('complete', 'length', 'refused', 'rewritten', 'cancelled', 'withdrawn', 'failed'),
    seed: integer(),
    time_ms: integer(),
    salt,
  },
  { params, evidence: digest, attestation: digest },
)

/** What one turn commits its operator to. */
export type ReplyRecord = Shaped<typeof recordShape>

/** Return the leaf hash of a record, given as the canonical object that it was parsed from. */
export function leafOf(record: JsonObject): Bytes {
  return leafHash(taggedHash('verax/record/v1', encode(record)))
}

/** Return the salt of a part, 16 bytes, from the secret of its turn. */
export function saltOf(secret: Bytes, name: string): Bytes {
  return hmacSha256(secret, utf8(`verax/salt/v1\n${name}`)).slice(0, 16)
}

/** Return the commitment to `data` as part `name`, 64 hex digits. */
export function commitment(partSalt: Bytes, name: string, data: Uint8Array): string {
  return hex(hmacSha256(partSalt, concat(utf8(`verax/part/v1\n${name}\n`), data)))
}

/** The secret of a turn, from which its salts come. */
export class TurnSecret {
  private readonly secret: Bytes

  constructor(secret: string) {
    this.secret = fromHex(secret, 32)
  }

  salt(name: string): Bytes {
    return saltOf(this.secret, name)
  }

  commit(name: string, data: Uint8Array): string {
    return commitment(this.salt(name), name, data)
  }
}
