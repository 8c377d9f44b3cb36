/**
 * Bytes and their strict text forms (clause 1): decode, encode again, equal or refuse.
 */

import { need, Refused } from './refused'

export type Bytes = Uint8Array<ArrayBuffer>

const DECODER = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
const ENCODER = new TextEncoder()
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'
const NONE = 0xff
/** Six bits by character code. */
const VALUES = new Uint8Array(128).fill(NONE)
for (const [value, char] of [...ALPHABET].entries()) VALUES[char.charCodeAt(0)] = value
const HEX = /^(?:[0-9a-f]{2})*$/
const DIGEST = /^[0-9a-f]{64}$/
const DECIMAL = /^(?:0|[1-9][0-9]{0,19})$/

/** The largest tree: 2^63 - 1 leaves. */
export const MAX_SIZE = 2n ** 63n - 1n

export function utf8(text: string): Bytes {
  return ENCODER.encode(text) as Bytes
}

/** Decode UTF-8; a byte order mark stays a character. */
export function fromUtf8(data: Uint8Array): string {
  try {
    return DECODER.decode(data)
  } catch {
    throw new Refused('bytes/encoding', 'The bytes are not UTF-8 text.')
  }
}

export function concat(...parts: Uint8Array[]): Bytes {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}

/** Compare bytes; not in constant time, as nothing compared here is secret. */
export function equal(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && one.every((byte, at) => byte === other[at])
}

export function hex(data: Uint8Array): string {
  let text = ''
  for (const byte of data) text += byte.toString(16).padStart(2, '0')
  return text
}

/** Decode lower-case hex; `size` is the expected number of bytes. */
export function fromHex(text: string, size?: number): Bytes {
  need(HEX.test(text), 'bytes/encoding', 'Expected an even number of lower-case hex digits.')
  need(size === undefined || text.length === 2 * size, 'bytes/encoding', `Expected ${size} bytes as hex.`)
  return Uint8Array.from({ length: text.length / 2 }, (_, at) =>
    Number.parseInt(text.slice(2 * at, 2 * at + 2), 16),
  )
}

export function isDigest(text: string): boolean {
  return DIGEST.test(text)
}

export function base64(data: Uint8Array): string {
  let text = ''
  // In pieces, since an argument list has a limit.
  for (let at = 0; at < data.length; at += 0x8000)
    text += String.fromCharCode(...data.subarray(at, at + 0x8000))
  return btoa(text)
}

/** Decode padded standard base64. */
export function fromBase64(text: string): Bytes {
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0
  const digits = text.length - padding
  const data = new Uint8Array((digits * 3) >> 2)
  let isBase64 = text.length % 4 === 0
  let bits = 0
  let held = 0
  for (let at = 0, to = 0; at < digits; at += 1) {
    const value = VALUES[text.charCodeAt(at)] ?? NONE
    isBase64 &&= value !== NONE
    held = ((held << 6) | value) & 0xffff
    bits += 6
    if (bits >= 8) {
      bits -= 8
      data[to] = held >> bits
      to += 1
    }
  }
  // Bits that are left over must be zero, or another text would give the same bytes.
  const isCanonical = bits === 2 * padding && (held & ((1 << bits) - 1)) === 0
  need(isBase64 && isCanonical, 'bytes/encoding', 'Expected padded standard base64.')
  return data
}

/** Encode without padding in the alphabet of URLs, as WebAuthn writes challenges. */
export function base64url(data: Uint8Array): string {
  return base64(data).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '')
}

/** Parse a decimal without sign, spaces or leading zeros. */
export function fromDecimal(text: string, maximum: bigint = MAX_SIZE): bigint {
  const isDecimal = DECIMAL.test(text) && BigInt(text) <= maximum
  need(isDecimal, 'bytes/encoding', `Expected a decimal number of at most ${maximum}.`)
  return BigInt(text)
}

/** Split at the first `separator`; null when there is none. */
export function splitFirst(text: string, separator: string): [string, string] | null {
  const at = text.indexOf(separator)
  return at < 0 ? null : [text.slice(0, at), text.slice(at + separator.length)]
}

/** Split at the last `separator`; null when there is none. */
export function splitLast(text: string, separator: string): [string, string] | null {
  const at = text.lastIndexOf(separator)
  return at < 0 ? null : [text.slice(0, at), text.slice(at + separator.length)]
}

/** Say whether a text holds a control character below a space, other than those allowed. */
export function hasControl(text: string, allowed: string): boolean {
  return Array.from(text).some((char) => char < ' ' && !allowed.includes(char))
}
