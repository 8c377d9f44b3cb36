/**
 * ES256 signatures of passkeys (clause 3): ECDSA over P-256 and SHA-256, DER in its one allowed encoding.
 *
 * As with Ed25519 the browser's engine verifies where there is one, and `@noble/curves` elsewhere.
 */

import { retrying } from '@/core/chunks'
import { type Bytes, concat, hex } from './bytes'

const FIELD = 2n ** 256n - 2n ** 224n + 2n ** 192n + 2n ** 96n - 1n
const B = 0x5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604bn
const ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n

/** Say whether `data` is an uncompressed point of the curve, 65 bytes. */
export function isPoint(data: Bytes): boolean {
  if (data.length !== 65 || data[0] !== 4) return false
  const [x, y] = [bigEndian(data.subarray(1, 33)), bigEndian(data.subarray(33))]
  return x < FIELD && y < FIELD && (y * y - x * x * x + 3n * x - B) % FIELD === 0n
}

/** Say whether a DER signature of `message` by the point `key` holds; never throws. */
export async function isSignedByPoint(key: Bytes, message: Bytes, signature: Bytes): Promise<boolean> {
  const plain = fromDer(signature)
  if (!plain || !isPoint(key)) return false
  const engine = globalThis.crypto?.subtle
  if (!engine) return (await retrying(() => import('./curves'))).isSignedByP256(key, message, plain)
  const handle = await engine.importKey('raw', key, { name: 'ECDSA', namedCurve: 'P-256' }, false, ['verify'])
  return engine.verify({ name: 'ECDSA', hash: 'SHA-256' }, handle, plain, message)
}

/** Return r and s of a DER signature as 64 bytes; null for any but the one allowed encoding. */
export function fromDer(data: Bytes): Bytes | null {
  const first = integerAt(data, 2)
  const second = first && integerAt(data, first.end)
  if (!second || data[0] !== 0x30 || data[1] !== data.length - 2 || second.end !== data.length) return null
  return concat(first.value, second.value)
}

/** Read a DER integer from 1 to the group's order less one; null where none stands in its shortest form. */
function integerAt(data: Bytes, at: number): { value: Bytes; end: number } | null {
  const length = data[at + 1] ?? 0
  const body = data.subarray(at + 2, at + 2 + length)
  if (data[at] !== 2 || length < 1 || length > 33 || body.length !== length) return null
  const [head, next] = [body[0] as number, body[1] ?? 0]
  if (head > 0x7f || (head === 0 && length > 1 && next < 0x80)) return null // negative, or a zero too many
  const value = bigEndian(body)
  if (value === 0n || value >= ORDER) return null
  const padded = new Uint8Array(32)
  padded.set(head === 0 ? body.subarray(1) : body, 32 - (head === 0 ? length - 1 : length))
  return { value: padded, end: at + 2 + length }
}

function bigEndian(data: Uint8Array): bigint {
  return BigInt(`0x${hex(data) || '0'}`)
}
