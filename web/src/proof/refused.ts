/**
 * Why something does not hold.
 *
 * `reason` is for programs and for the words that a page shows in its reader's language; `message` is one
 * exact English sentence. Everything in this library refuses with this class, and with nothing else on purpose.
 */

export const REASONS = [
  // forms (clauses 1, 9, 11)
  'bytes/too-large',
  'bytes/not-canonical',
  'bytes/encoding',
  'form/malformed',
  // proofs and notes (clauses 2, 12)
  'proof/malformed',
  'proof/length',
  'proof/root',
  'key/malformed',
  'note/malformed',
  'note/no-key',
  'note/unsigned',
  'note/signature',
  'checkpoint/malformed',
  'tile/malformed',
  // what was opened (clauses 7, 9, 12)
  'reply/not-opened',
  'reply/differs',
  'reply/line-end',
  'request/differs',
  'segments/differ',
  'segments/secret',
  'segments/not-sent',
  'segments/unknown-options',
  'segments/no-release',
  'template/unsupported',
  'release/malformed',
  // witnesses
  'policy/malformed',
  'policy/cosignature',
  'policy/quorum',
  // promises (clause 10)
  'promise/malformed',
  'promise/other-leaf',
  'promise/overdue',
  // governance (clauses 3 to 5, 8)
  'governance/malformed',
  'governance/tree',
  'governance/no-root',
  'governance/fingerprint',
  'governance/not-served',
  'governance/mode',
  'governance/frozen',
  'governance/rolled-back',
  'governance/runtime',
  'governance/incomplete',
  'governance/rules',
  'entry/malformed',
  'entry/repeated',
  'entry/unsigned',
  'entry/signers',
  'entry/basis',
  'entry/stale',
  'entry/not-admissible',
  'entry/banned',
  'entry/not-possible',
  'root/malformed',
  // a log compared with what was seen before (clauses 2, 6)
  'log/unreachable',
  'log/missing',
  'log/went-back',
  'log/forked',
  'log/key-changed',
  'log/other-installation',
] as const

export type Reason = (typeof REASONS)[number]

export class Refused extends Error {
  readonly reason: Reason

  constructor(reason: Reason, message: string) {
    super(message)
    this.name = 'Refused'
    this.reason = reason
  }
}

/** Throw unless `condition` holds. */
export function need(condition: unknown, reason: Reason, message: string): asserts condition {
  if (!condition) throw new Refused(reason, message)
}
