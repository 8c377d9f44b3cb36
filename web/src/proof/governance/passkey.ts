/**
 * WebAuthn assertions over a digest (clause 3).
 *
 * Accepted only if: type `webauthn.get`; challenge equal; origin listed with the key in the root; not made
 * in another site's frame; relying party hash equal; user present and verified; backed up implies that it can
 * be, and that it cannot where the root demands it; ES256 over `authenticator_data ‖ H(client_data_json)`.
 * Counters are ignored: synced passkeys do not count, and statement ids stop replays.
 */

import { type Bytes, base64url, concat, equal, fromUtf8, utf8 } from '../bytes'
import { sha256 } from '../hash'
import { isSignedByPoint } from '../p256'
import type { Passkey } from './root'

const HEADER_BYTES = 37 // relying party hash, flags, counter
const UP = 0x01
const UV = 0x04
const BE = 0x08
const BS = 0x10
const AT = 0x40
const ED = 0x80

export interface Assertion {
  authenticatorData: Bytes
  clientDataJson: Bytes
}

/** Say whether an assertion is the key's, over `digest`, under every rule above; never throws. */
export async function isAsserted(
  key: Passkey,
  digest: Bytes,
  assertion: Assertion,
  signature: Bytes,
): Promise<boolean> {
  const client = readClientData(assertion.clientDataJson)
  if (!client || !isClientAccepted(client, key, digest)) return false
  if (!isAuthenticatorAccepted(assertion.authenticatorData, key)) return false
  const signed = concat(assertion.authenticatorData, sha256(assertion.clientDataJson))
  return isSignedByPoint(key.material, signed, signature)
}

function isClientAccepted(client: Record<string, unknown>, key: Passkey, digest: Bytes): boolean {
  const origin = client['origin']
  return (
    client['type'] === 'webauthn.get' &&
    client['challenge'] === base64url(digest) &&
    typeof origin === 'string' &&
    key.origins.includes(origin) &&
    (client['crossOrigin'] ?? false) === false &&
    client['crossOrigin'] !== null &&
    !Object.hasOwn(client, 'topOrigin')
  )
}

function isAuthenticatorAccepted(data: Bytes, key: Passkey): boolean {
  const flags = data[32] ?? 0
  const isFor = data.length >= HEADER_BYTES && equal(data.subarray(0, 32), sha256(utf8(key.rp_id)))
  const isHere = (flags & UP) !== 0 && (flags & UV) !== 0
  const isBackupSound = (flags & BS) === 0 || (flags & BE) !== 0
  const isBound = !(key.device_bound && flags & BE)
  // Attested credential data belongs to registrations; anything behind the header needs its flag.
  const isLengthSound = (flags & AT) === 0 && data.length > HEADER_BYTES === ((flags & ED) !== 0)
  return isFor && isHere && isBackupSound && isBound && isLengthSound
}

/** Parse the JSON that a browser wrote: not canonical, but a key given twice could be read in two ways. */
function readClientData(data: Bytes): Record<string, unknown> | null {
  try {
    const text = fromUtf8(data)
    const value: unknown = JSON.parse(text)
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value)
    return isObject && !repeatsKey(text) ? (value as Record<string, unknown>) : null
  } catch {
    return null
  }
}

const TOKEN = /"(?:[^"\\]|\\.)*"(\s*:)?|[{}]/gs

/** Say whether an object in valid JSON text has a key twice. */
function repeatsKey(text: string): boolean {
  const open: Set<string>[] = []
  for (const [token, colon] of text.matchAll(TOKEN)) {
    if (token === '{') open.push(new Set())
    else if (token === '}') open.pop()
    else if (colon !== undefined) {
      const key: string = JSON.parse(token.slice(0, token.length - colon.length))
      const keys = open.at(-1)
      if (keys?.has(key)) return true
      keys?.add(key)
    }
  }
  return false
}
