/**
 * SHA-256 and HMAC (clause 1).
 *
 * From `@noble/hashes`, not from WebCrypto: WebCrypto answers only asynchronously, which costs ten times the
 * hash itself on the small inputs of trees, and not at all on pages served over plain http (ADR 0059).
 */

import { hmac } from '@noble/hashes/hmac.js'
import { sha256 as sha256Of } from '@noble/hashes/sha2.js'
import { type Bytes, concat, hex, utf8 } from './bytes'

export function sha256(data: Uint8Array): Bytes {
  return sha256Of(data) as Bytes
}

export function digestOf(data: Uint8Array): string {
  return hex(sha256(data))
}

export function hmacSha256(key: Uint8Array, message: Uint8Array): Bytes {
  return hmac(sha256Of, key, message) as Bytes
}

/** `H(tag ‖ "\n" ‖ data)`: nothing of ours is hashed without a tag. */
export function taggedHash(tag: string, ...data: Uint8Array[]): Bytes {
  return sha256(concat(utf8(`${tag}\n`), ...data))
}
