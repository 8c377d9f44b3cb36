/**
 * Signed notes (C2SP signed-note 1.0.0; clauses 2 and 12).
 *
 * - A text that ends in a newline, an empty line, signature lines `— <name> <base64 of key id ‖ signature>`.
 *   The last empty line separates them. No control characters but newline; 1 to 100 signatures.
 * - Signatures by unknown keys say nothing. One by a known key that does not verify refuses the note, as do
 *   two by one key.
 */

import { type Bytes, equal, fromBase64, hasControl, splitLast, utf8 } from './bytes'
import { isSigned } from './ed25519'
import { NAME, type VerifierKey } from './key'
import { need } from './refused'
import { under } from './shape'

export const MAX_SIGNATURES = 100

export interface Note {
  /** The signed text, its last newline included. */
  text: string
  signatures: NoteSignature[]
}

export interface NoteSignature {
  name: string
  keyId: Bytes
  signature: Bytes
}

const LINE = new RegExp(`^— (${NAME}) (\\S+)$`)

/** Split a note into text and signatures; nothing is verified. */
export function parseNote(note: string): Note {
  const [body, tail] = splitLast(note, '\n\n') ?? ['', '']
  need(tail.endsWith('\n'), 'note/malformed', 'The note has no signature lines.')
  need(!hasControl(note, '\n'), 'note/malformed', 'The note holds control characters.')
  const lines = tail.slice(0, -1).split('\n')
  need(lines.length <= MAX_SIGNATURES, 'note/malformed', `The note has over ${MAX_SIGNATURES} signatures.`)
  return { text: `${body}\n`, signatures: lines.map(parseSignature) }
}

function parseSignature(line: string): NoteSignature {
  const [, name = '', encoded = ''] = LINE.exec(line) ?? []
  need(name, 'note/malformed', 'A signature line of the note is malformed.')
  const data = under('note/malformed', () => fromBase64(encoded))
  need(data.length > 4, 'note/malformed', 'A signature of the note is too short.')
  return { name, keyId: data.slice(0, 4), signature: data.slice(4) }
}

export function isBy(signature: NoteSignature, key: VerifierKey): boolean {
  return signature.name === key.name && equal(signature.keyId, key.id)
}

/** Return the keys named `signer`, among those given, that signed a note; at least one. */
export async function verifyNote(
  note: Note,
  signer: string,
  keys: readonly VerifierKey[],
): Promise<VerifierKey[]> {
  const known = keys.filter((key) => key.name === signer)
  need(known.length > 0, 'note/no-key', `No key of ${signer} was given.`)
  const message = utf8(note.text)
  const found: VerifierKey[] = []
  for (const signature of note.signatures) {
    const key = known.find((item) => isBy(signature, item))
    if (!key) continue
    need(!found.includes(key), 'note/signature', `Two signatures are by one key of ${signer}.`)
    const holds = await isSigned(key.material, message, signature.signature)
    need(holds, 'note/signature', `The signature by ${signer} is wrong.`)
    found.push(key)
  }
  need(found.length > 0, 'note/unsigned', `The note is not signed by the key given of ${signer}.`)
  return found
}
