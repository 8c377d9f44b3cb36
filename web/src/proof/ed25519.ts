/**
 * Strict Ed25519 (RFC 8032; clauses 3 and 12; ADR 0010).
 *
 * - Without cofactor; S below the group order; canonical encodings of both points; no public key of small
 *   order, which would accept signatures that nobody made.
 * - The browser's own engine verifies where it has one. Engines differ where the standard leaves room, so the
 *   form is checked here first, an engine is tried on a signature that only lenient ones accept, and the one
 *   case left over (an R of small order) is computed exactly, as all is where there is no engine: in old
 *   browsers, and on pages served over plain http, which have no WebCrypto.
 */

import { retrying } from '@/core/chunks'
import { type Bytes, equal, fromHex, hex } from './bytes'

const FIELD = 2n ** 255n - 19n
const D = 37095705934669439343138083508754565189542113879843219016388785533085940283555n
const ORDER = 2n ** 252n + 27742317777372353535851937790883648493n
const Y_MASK = 2n ** 255n - 1n

/** The points whose order divides 8, in canonical form. */
const SMALL_ORDER = new Set([
  '0100000000000000000000000000000000000000000000000000000000000000',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  '0000000000000000000000000000000000000000000000000000000000000000',
  '0000000000000000000000000000000000000000000000000000000000000080',
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa',
])

/** A signature that holds, and one under a key with a small part that holds only with cofactor. */
const PROBE = {
  message: fromHex('65646765'),
  good: [
    'fed9fb0b660026753e46afdc5269f337ab50eaede88a527671d76da290ee6135',
    '599d971c2a82b5dc68338d97e7d8098a7812b6052c63bf1d8d1384779095d373c6ac52f1ba468fc7fd6fba7011822f092e7d9a13f6d313ba87851f0f5cad9c0e',
  ],
  lenient: [
    '6086e74f42e0b829b06d5d4e7a59193ec8be2ffe86b53a9316c32e1493022287',
    'b6fcd0e0d4b745a6385476cfbb560ba0b809b13d0deff7552fb96f51c65a1e5e7ba48116a1f867e0205768bbf040b2eedb5f3008d4159b52664df5040e242406',
  ],
} as const

/** Say whether `key` is the canonical encoding, 32 bytes, of a curve point that is not of small order. */
export function isPublicKey(key: Bytes): boolean {
  if (!isStrictEncoding(key)) return false
  const y = littleEndian(key) & Y_MASK
  // x² = (y² - 1) / (d·y² + 1) has a root exactly if the product of the two is a square.
  return power((y * y - 1n) * (D * y * y + 1n), (FIELD - 1n) / 2n) === 1n
}

/** Say whether `signature` is a strict Ed25519 signature of `message`; never throws. */
export async function isSigned(key: Bytes, message: Bytes, signature: Bytes): Promise<boolean> {
  if (!isWellFormed(key, signature)) return false
  const engine = await engineOf()
  if (!engine || SMALL_ORDER.has(hex(signature.subarray(0, 32))))
    return isSignedExactly(key, message, signature)
  return engine(key, message, signature)
}

/** The same without the browser's engine. */
export async function isSignedExactly(key: Bytes, message: Bytes, signature: Bytes): Promise<boolean> {
  if (!isWellFormed(key, signature) || !isPublicKey(key)) return false
  const { commitmentOf } = await retrying(() => import('./curves'))
  return equal(commitmentOf(key, message, signature), signature.subarray(0, 32))
}

function isWellFormed(key: Bytes, signature: Bytes): boolean {
  return (
    signature.length === 64 &&
    isStrictEncoding(key) &&
    isCanonicalPoint(signature.subarray(0, 32)) &&
    littleEndian(signature.subarray(32)) < ORDER
  )
}

function isStrictEncoding(key: Bytes): boolean {
  return key.length === 32 && isCanonicalPoint(key) && !SMALL_ORDER.has(hex(key))
}

/** y below the field's prime, and no sign bit on the two points where x is 0. */
function isCanonicalPoint(encoded: Bytes): boolean {
  const whole = littleEndian(encoded)
  const y = whole & Y_MASK
  return y < FIELD && !(whole > Y_MASK && (y === 1n || y === FIELD - 1n))
}

function littleEndian(data: Uint8Array): bigint {
  return BigInt(`0x${hex(data.toReversed())}`)
}

function power(base: bigint, exponent: bigint): bigint {
  let result = 1n
  let square = ((base % FIELD) + FIELD) % FIELD
  for (let rest = exponent; rest > 0n; rest >>= 1n) {
    if (rest & 1n) result = (result * square) % FIELD
    square = (square * square) % FIELD
  }
  return result
}

type Engine = (key: Bytes, message: Bytes, signature: Bytes) => Promise<boolean>

let engine: Promise<Engine | null> | undefined

/** Return the browser's engine, tried once; null where there is none that is strict enough. */
function engineOf(): Promise<Engine | null> {
  engine ??= tryEngine()
  return engine
}

async function tryEngine(): Promise<Engine | null> {
  try {
    const [good, lenient] = await Promise.all(
      [PROBE.good, PROBE.lenient].map(([key, signature]) =>
        verifyNatively(fromHex(key), PROBE.message, fromHex(signature)),
      ),
    )
    return good && !lenient ? verifyNatively : null
  } catch {
    return null // no WebCrypto, or none with Ed25519
  }
}

const MAX_KEYS = 512
const imported = new Map<string, Promise<CryptoKey | null>>()

async function verifyNatively(key: Bytes, message: Bytes, signature: Bytes): Promise<boolean> {
  const name = hex(key)
  let handle = imported.get(name)
  if (!handle) {
    if (imported.size >= MAX_KEYS) imported.clear()
    const isPoint = isPublicKey(key) // engines import what is no point, or refuse it: both mean no signature
    handle = isPoint
      ? crypto.subtle.importKey('raw', key, 'Ed25519', false, ['verify'])
      : Promise.resolve(null)
    imported.set(name, handle)
  }
  const ready = await handle
  return ready !== null && crypto.subtle.verify('Ed25519', ready, signature, message)
}
