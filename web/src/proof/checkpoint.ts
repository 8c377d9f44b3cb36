/**
 * Checkpoints: what a log signs about its tree (C2SP tlog-checkpoint 1.0.0; clause 2).
 *
 * Three lines, origin, size and root, then extension lines, none of them empty. Only keys whose name equals
 * the origin count.
 */

import { type Bytes, equal, fromBase64, fromDecimal } from './bytes'
import type { VerifierKey } from './key'
import { EMPTY_ROOT } from './merkle'
import { type Note, parseNote, verifyNote } from './note'
import { need } from './refused'
import { under } from './shape'

export interface Checkpoint {
  origin: string
  size: bigint
  root: Bytes
  /** The whole note, verbatim, and its parts. */
  source: string
  note: Note
}

/** Parse a checkpoint without verifying it. */
export function parseCheckpoint(source: string): Checkpoint {
  const note = parseNote(source)
  const lines = note.text.slice(0, -1).split('\n')
  need(
    lines.length >= 3 && lines.every(Boolean),
    'checkpoint/malformed',
    'The checkpoint lacks lines, or has empty ones.',
  )
  const [origin, size, root] = lines as [string, string, string]
  const checkpoint = under('checkpoint/malformed', () => ({
    origin,
    size: fromDecimal(size),
    root: fromBase64(root),
    source,
    note,
  }))
  need(checkpoint.root.length === 32, 'checkpoint/malformed', 'The root in the checkpoint is not 32 bytes.')
  const isSound = checkpoint.size > 0n || equal(checkpoint.root, EMPTY_ROOT)
  need(isSound, 'checkpoint/malformed', 'The root of the empty tree is not the hash of nothing.')
  return checkpoint
}

/** Return a checkpoint that the log `origin` signed by one of `keys`. */
export async function openCheckpoint(
  source: string,
  origin: string,
  keys: readonly VerifierKey[],
): Promise<Checkpoint> {
  await verifyNote(parseNote(source), origin, keys)
  const checkpoint = parseCheckpoint(source)
  need(
    checkpoint.origin === origin,
    'checkpoint/malformed',
    `The checkpoint is another log's, not that of ${origin}.`,
  )
  return checkpoint
}
