/**
 * DSSE envelopes, signed by Ed25519 keys and by passkeys (clause 3, DSSE 1.0.2).
 *
 * - Canonical `{payload, payloadType, signatures: [{keyid, sig, extension?}]}`, signatures in order of
 *   `keyid`, at most 32,768 bytes and 16 signatures.
 * - `keyid` is a hint: tried first, never trusted. A signature counts for the key that verifies it. One that
 *   no key of the root verifies counts for nobody and spoils nothing.
 */

import { type Bytes, concat, fromBase64, utf8 } from '../bytes'
import { parse } from '../canonical'
import { isSigned } from '../ed25519'
import { sha256 } from '../hash'
import { need } from '../refused'
import { bytes, choice, list, object, type Shape, text, under } from '../shape'
import { type Assertion, isAsserted } from './passkey'
import { KEY_ID, type RootDocument, type RootKey } from './root'

export const PAYLOAD_TYPE = 'application/vnd.in-toto+json'
export const MAX_ENVELOPE_BYTES = 32_768
const MAX_SIGNATURES = 16

export interface Signature {
  keyId: string
  sig: Bytes
  assertion: Assertion | null
  /** A verification by one key that was begun ahead of its turn. */
  begun?: { key: RootKey; holds: Promise<boolean> }
}

export interface Envelope {
  payload: Bytes
  signatures: Signature[]
}

/** A key of the root that signed, and its person. */
export interface Signer {
  person: string
  keyId: string
}

const signature: Shape<string> = (value, where) => {
  const found = text(undefined, 512)(value, where)
  fromBase64(found)
  return found
}
const extension = object({ kind: choice('webauthn'), authenticator_data: bytes, client_data_json: bytes })
const envelope = object({
  payload: bytes,
  payloadType: choice(PAYLOAD_TYPE),
  signatures: list(object({ keyid: text(KEY_ID), sig: signature }, { extension }), MAX_SIGNATURES),
})

/** Parse the bytes of an entry strictly; nothing is verified. */
export function parseEnvelope(data: Bytes): Envelope {
  need(data.length <= MAX_ENVELOPE_BYTES, 'entry/malformed', 'The entry is too long.')
  return under('entry/malformed', () => {
    const read = envelope(parse(data), 'envelope')
    const isOrdered = read.signatures.every(
      (item, at, all) => at === 0 || (all[at - 1]?.keyid ?? '') < item.keyid,
    )
    need(
      read.signatures.length > 0 && isOrdered,
      'entry/malformed',
      'The signatures are not in order, or there are none.',
    )
    return {
      payload: read.payload,
      signatures: read.signatures.map(({ keyid, sig, extension: given }) => ({
        keyId: keyid,
        sig: fromBase64(sig),
        assertion: given
          ? { authenticatorData: given.authenticator_data, clientDataJson: given.client_data_json }
          : null,
      })),
    }
  })
}

/** Return what is signed: DSSE's pre-authentication encoding of a payload. */
export function pae(payload: Bytes): Bytes {
  return concat(utf8(`DSSEv1 ${PAYLOAD_TYPE.length} ${PAYLOAD_TYPE} ${payload.length} `), payload)
}

/** Return the keys of `root` that signed an envelope. */
export async function signersOf({ payload, signatures }: Envelope, root: RootDocument): Promise<Signer[]> {
  const message = pae(payload)
  const found = new Map<string, Signer>()
  for (const item of signatures) {
    const kind = item.assertion ? 'passkey' : 'ed25519'
    const hinted = root.keys.get(item.keyId)
    const others = [...root.keys].filter(([id]) => id !== item.keyId)
    const candidates = hinted ? [[item.keyId, hinted] as const, ...others] : others
    for (const [keyId, key] of candidates) {
      if (key.kind !== kind || !(await holdsFor(item, key, message))) continue
      found.set(keyId, { person: key.person, keyId })
      break
    }
  }
  return [...found.values()]
}

function holdsFor(item: Signature, key: RootKey, message: Bytes): Promise<boolean> {
  return item.begun?.key === key ? item.begun.holds : isSignedBy(item, key, message)
}

/**
 * Begin to verify the signatures of an envelope by the keys that they hint at: engines verify several at once, and
 * a long log is folded in the time of the slowest, not of all in a row. It decides nothing: `signersOf` does.
 */
export function beginVerifying({ payload, signatures }: Envelope, root: RootDocument): void {
  const message = pae(payload)
  for (const item of signatures) {
    const key = root.keys.get(item.keyId)
    if (key && (key.kind === 'passkey') === (item.assertion !== null))
      item.begun = { key, holds: isSignedBy(item, key, message) }
  }
}

async function isSignedBy({ sig, assertion }: Signature, key: RootKey, message: Bytes): Promise<boolean> {
  if (key.kind === 'ed25519') return isSigned(key.material, message, sig)
  return assertion !== null && isAsserted(key, sha256(message), assertion, sig)
}
