/**
 * Offline proofs that a leaf is in a log (C2SP tlog-proof), without extra data (clauses 11 and 12).
 */

import { type Bytes, fromBase64, fromDecimal, MAX_SIZE, splitFirst } from './bytes'
import { need } from './refused'
import { under } from './shape'

export const HEADER = 'c2sp.org/tlog-proof@v1'
export const MAX_HASHES = 63

export interface LogProof {
  index: bigint
  path: Bytes[]
  /** The signed note, byte for byte. */
  checkpoint: string
}

/** Parse a proof, split at its first empty line; the checkpoint is not looked into. */
export function parseProof(text: string): LogProof {
  const parts = splitFirst(text, '\n\n')
  const [header, index = '', ...lines] = (parts?.[0] ?? '').split('\n')
  need(parts?.[1] && header === HEADER, 'proof/malformed', 'The proof does not begin as one.')
  need(
    index.startsWith('index '),
    'proof/malformed',
    'The proof has no index where it must stand; extra data is not allowed.',
  )
  need(lines.length <= MAX_HASHES, 'proof/malformed', `The proof has over ${MAX_HASHES} hashes.`)
  return under('proof/malformed', () => {
    const path = lines.map(fromBase64)
    need(
      path.every((hash) => hash.length === 32),
      'proof/malformed',
      'A hash in the proof is not 32 bytes.',
    )
    return { index: fromDecimal(index.slice('index '.length), MAX_SIZE - 1n), path, checkpoint: parts[1] }
  })
}
