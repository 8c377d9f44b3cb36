/**
 * Receipts and their check (clauses 9, 11 and 12).
 *
 * Each step is verified, not checked, or failed. Steps 1 to 4 must hold; a step that was not asked for is
 * not checked, and what was not checked is never called proved.
 */

import { retrying } from '@/core/chunks'
import { type Bytes, concat, equal, fromHex, fromUtf8, utf8 } from './bytes'
import { type JsonObject, parse } from './canonical'
import { openCheckpoint } from './checkpoint'
import { checkPolicy, parsePolicy } from './cosignature'
import { parseKeys, type VerifierKey } from './key'
import { rootOfPath } from './merkle'
import { type LogProof, parseProof } from './proof'
import { commitment, leafOf, type ReplyRecord, recordShape, salt } from './record'
import { need, type Reason, Refused } from './refused'
import { choice, object, text } from './shape'

export const MAX_RECEIPT_BYTES = 65_536

export const STEPS = [
  'record',
  'proof',
  'signature',
  'inclusion',
  'reply',
  'witnesses',
  'governance',
] as const
export type StepName = (typeof STEPS)[number]
export type Outcome = 'verified' | 'not_checked' | 'failed'

/** One step of clause 12. `facts` hold what a sentence about it names. */
export interface Step {
  step: StepName
  outcome: Outcome
  reason: Reason | null
  detail: string
  facts: Record<string, string>
}

export interface ReceiptFiles {
  receipt: Bytes
  /** Verifier keys, one a line. */
  keys: Bytes
  /** The exact bytes delivered. */
  reply?: Bytes | undefined
  /** A tlog-policy. */
  policy?: Bytes | undefined
  /** A governance bundle. */
  bundle?: Bytes | undefined
  fingerprint?: string | undefined
}

export interface ReceiptReport {
  steps: Step[]
  /** Steps 1 to 4 hold, and nothing failed. */
  holds: boolean
  /** The record, once the log is known to hold it. */
  record: ReplyRecord | null
}

export interface Receipt {
  record: ReplyRecord
  leaf: Bytes
  proof: string
  open: { evidence?: string; reply?: string; request?: string }
}

const receiptShape = object({
  v: choice(1),
  record: recordShape,
  proof: text(undefined, MAX_RECEIPT_BYTES),
  open: object({}, { evidence: salt, reply: salt, request: salt }),
})

/** Parse a receipt file; the proof in it is not looked into. */
export function parseReceipt(data: Bytes): Receipt {
  need(data.length <= MAX_RECEIPT_BYTES, 'bytes/too-large', 'The receipt is larger than 64 KB.')
  const value = parse(data)
  const receipt = receiptShape(value, 'receipt')
  return { ...receipt, leaf: leafOf((value as JsonObject)['record'] as JsonObject) }
}

/** Check a receipt with the files at hand; never throws. */
export async function checkReceipt(files: ReceiptFiles): Promise<ReceiptReport> {
  const run = new Run(files)
  try {
    await run.checkLog()
  } catch (error) {
    return run.stop(error)
  }
  await run.checkMore()
  return run.report()
}

class Run {
  private readonly steps: Step[] = []
  private readonly files: ReceiptFiles
  private receipt: Receipt | null = null
  private proof: LogProof | null = null
  private keys: VerifierKey[] = []

  constructor(files: ReceiptFiles) {
    this.files = files
  }

  /** Steps 1 to 4. */
  async checkLog(): Promise<void> {
    const receipt = parseReceipt(this.files.receipt)
    this.verified('The receipt is complete and written in the one allowed way.', {})
    const proof = parseProof(receipt.proof)
    this.verified(`The proof is well formed, for leaf ${proof.index}.`, { index: String(proof.index) })
    this.keys = parseKeys(fromUtf8(this.files.keys))
    const { size, root } = await openCheckpoint(proof.checkpoint, receipt.record.log, this.keys)
    const facts = { log: receipt.record.log, size: String(size), index: String(proof.index) }
    this.verified(`The log ${facts.log} signed its tree of ${size} leaves.`, facts)
    const found = rootOfPath(receipt.leaf, proof.index, size, proof.path)
    need(equal(found, root), 'proof/root', 'The record does not lead to the signed root.')
    this.verified(`The record is leaf ${proof.index} of that tree.`, facts)
    this.receipt = receipt
    this.proof = proof
  }

  /** Steps 5 to 7, each only where its file is there. */
  async checkMore(): Promise<void> {
    const { receipt, proof, files } = this
    if (!receipt || !proof) return
    const { reply, policy, bundle } = files
    await this.try(reply, (given) => checkReply(receipt, given))
    await this.try(policy, (given) => this.checkWitnesses(given, receipt, proof))
    await this.try(bundle, async (given) => {
      const { checkBundle } = await retrying(() => import('./governance/bundle'))
      return checkBundle(receipt.record, given, this.keys, files.fingerprint)
    })
  }

  private async checkWitnesses(policy: Bytes, receipt: Receipt, proof: LogProof): Promise<Found> {
    const parsed = parsePolicy(policyText(policy))
    const result = await checkPolicy(proof.checkpoint, parsed, receipt.record.log, this.keys)
    const signed = [...result.times.keys()].sort().join(', ') || 'nobody'
    need(result.isMet, 'policy/quorum', `The quorum ${result.quorum} is not met; cosigned by ${signed}.`)
    const detail = `The quorum ${result.quorum} is met; cosigned by ${signed}.`
    return { detail, facts: { quorum: result.quorum, signed } }
  }

  private async try(
    given: Bytes | undefined,
    check: (given: Bytes) => Found | Promise<Found>,
  ): Promise<void> {
    if (given === undefined) {
      this.note('not_checked', null, 'Nothing was given to check it with.', {})
      return
    }
    try {
      const found = await check(given)
      this.verified(found.detail, found.facts)
    } catch (error) {
      this.failed(error)
    }
  }

  stop(error: unknown): ReceiptReport {
    this.failed(error)
    while (this.steps.length < STEPS.length) this.note('not_checked', null, 'An earlier step failed.', {})
    return this.report()
  }

  report(): ReceiptReport {
    const holds = this.steps.every((step) => step.outcome !== 'failed')
    return { steps: this.steps, holds, record: this.receipt?.record ?? null }
  }

  private verified(detail: string, facts: Record<string, string>): void {
    this.note('verified', null, detail, facts)
  }

  private failed(error: unknown): void {
    if (!(error instanceof Refused)) throw error
    this.note('failed', error.reason, error.message, {})
  }

  private note(outcome: Outcome, reason: Reason | null, detail: string, facts: Record<string, string>): void {
    this.steps.push({ step: STEPS[this.steps.length] as StepName, outcome, reason, detail, facts })
  }
}

/** What a step found: a sentence, and the facts in it. */
export interface Found {
  detail: string
  facts: Record<string, string>
}

function policyText(policy: Bytes): string {
  try {
    return fromUtf8(policy)
  } catch {
    throw new Refused('policy/malformed', 'The policy is not UTF-8 text.')
  }
}

const LINE_END = utf8('\n')

function checkReply(receipt: Receipt, reply: Bytes): Found {
  const opened = receipt.open.reply
  need(opened, 'reply/not-opened', 'The receipt does not open the reply, so no text can be compared with it.')
  const isRecorded = (text: Bytes) => commitment(fromHex(opened), 'reply', text) === receipt.record.reply
  if (isRecorded(reply)) return { detail: 'The text is the recorded reply, to the byte.', facts: {} }
  const others = [concat(reply, LINE_END), withoutEnd(reply, '\n'), withoutEnd(reply, '\r\n')]
  need(
    !others.some(isRecorded),
    'reply/line-end',
    'Only the line end after the text differs from the recorded reply.',
  )
  throw new Refused('reply/differs', 'The text is not the recorded reply; something in it was changed.')
}

function withoutEnd(data: Bytes, end: string): Bytes {
  const tail = data.subarray(data.length - end.length)
  return equal(tail, utf8(end)) ? data.slice(0, data.length - end.length) : data
}
