/**
 * Curve arithmetic without a browser engine: the audited `@noble/curves`, loaded only where it is needed.
 */

import { ed25519 } from '@noble/curves/ed25519.js'
import { p256 } from '@noble/curves/nist.js'
import { sha512 } from '@noble/hashes/sha2.js'
import { type Bytes, concat, hex } from './bytes'

/**
 * Return the R, encoded, that would make `signature` hold: `S·B - H(R ‖ key ‖ message)·key` (RFC 8032
 * section 5.1.7, without cofactor). The caller has checked the forms of key and signature.
 */
export function commitmentOf(key: Bytes, message: Bytes, signature: Bytes): Bytes {
  const { BASE, Fn } = ed25519.Point
  const challenge = Fn.create(littleEndian(sha512(concat(signature.subarray(0, 32), key, message))))
  const minus = ed25519.Point.fromBytes(key).negate()
  const base = BASE.multiplyUnsafe(littleEndian(signature.subarray(32)))
  return base.add(minus.multiplyUnsafe(challenge)).toBytes() as Bytes
}

/** Say whether an ES256 signature, r and s in 64 bytes, holds for a point that lies on the curve. */
export function isSignedByP256(key: Bytes, message: Bytes, signature: Bytes): boolean {
  return p256.verify(signature, message, key, { lowS: false })
}

function littleEndian(data: Uint8Array): bigint {
  return BigInt(`0x${hex(data.toReversed())}`)
}
