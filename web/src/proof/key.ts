/**
 * Verifier keys (C2SP signed-note): `<name>+<key id>+<base64 of type ‖ key>`.
 *
 * The key id is the first four bytes of `H(name ‖ "\n" ‖ type ‖ key)`, recomputed, never trusted.
 */

import { type Bytes, base64, concat, equal, fromBase64, fromHex, hex, utf8 } from './bytes'
import { isPublicKey } from './ed25519'
import { sha256 } from './hash'
import { need } from './refused'
import { under } from './shape'

export const ED25519 = 1
export const COSIGNATURE = 4

export interface VerifierKey {
  name: string
  id: Bytes
  kind: number
  material: Bytes
}

// What Unicode calls white space, and control characters; `\s` differs from the standard in two characters.
const BLANK = '\\0-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000'
/** A key's name: at least one character, no white space, no plus sign. */
export const NAME = `[^+${BLANK}]+`
const LINE = new RegExp(`^(${NAME})\\+([0-9a-f]{8})\\+(.+)$`, 's')

/** Parse one verifier key of a signature type, Ed25519 if nothing else is said. */
export function parseKey(line: string, kind = ED25519): VerifierKey {
  const [, name = '', id = '', encoded = ''] = LINE.exec(line) ?? []
  need(name, 'key/malformed', 'A line is not a verifier key.')
  const data = under('key/malformed', () => fromBase64(encoded))
  need(data.length === 33 && data[0] === kind, 'key/malformed', 'A public key is of the wrong type.')
  const key = { name, id: fromHex(id), kind, material: data.slice(1) }
  const expected = sha256(concat(utf8(`${name}\n`), data)).slice(0, 4)
  need(equal(key.id, expected), 'key/malformed', `The key of ${name} has another key id than it states.`)
  need(
    isPublicKey(key.material),
    'key/malformed',
    `The key of ${name} is not a canonical public key of full order.`,
  )
  return key
}

/** Parse a key file: one verifier key a line, the last line end optional. */
export function parseKeys(text: string): VerifierKey[] {
  return text
    .replace(/\n$/, '')
    .split('\n')
    .map((line) => parseKey(line))
}

export function writeKey(key: VerifierKey): string {
  return `${key.name}+${hex(key.id)}+${base64(concat(Uint8Array.of(key.kind), key.material))}`
}
