/**
 * Promises: a signed word that a leaf will be in the log by a deadline (clause 10).
 *
 * - The text is `verax promise v1`, the reply log's origin, the leaf hash in base64 and the deadline in
 *   milliseconds since 1970, a line each, signed by the key `<name>/promise`.
 * - Whoever holds a promise past its deadline, and a log without the leaf, has evidence.
 */

import { type Bytes, equal, fromBase64, fromDecimal } from './bytes'
import type { VerifierKey } from './key'
import { parseNote, verifyNote } from './note'
import { need } from './refused'
import { under } from './shape'

export interface Promised {
  origin: string
  leaf: Bytes
  deadlineMs: number
}

const HEADER = 'verax promise v1'
const REPLIES = '/replies/'

/** Return what a signed promise says about `leaf`; refuse one about anything else. */
export async function openPromise(
  note: string,
  leaf: Bytes,
  keys: readonly VerifierKey[],
): Promise<Promised> {
  const parsed = parseNote(note)
  const lines = parsed.text.split('\n')
  const isPromise = lines.length === 5 && lines[0] === HEADER && lines[4] === ''
  need(isPromise, 'promise/malformed', 'The note is no promise.')
  const [, origin, hash, deadline] = lines as [string, string, string, string]
  const at = origin.lastIndexOf(REPLIES)
  need(at > 0, 'promise/malformed', 'The promise names no reply log.')
  await verifyNote(parsed, `${origin.slice(0, at)}/promise`, keys)
  const promised = under('promise/malformed', () => ({
    origin,
    leaf: fromBase64(hash),
    deadlineMs: Number(fromDecimal(deadline, BigInt(Number.MAX_SAFE_INTEGER))),
  }))
  need(
    equal(promised.leaf, leaf),
    'promise/other-leaf',
    'The promise is about another leaf than the record gives.',
  )
  return promised
}
