/**
 * The check of one turn's receipt, in this browser, as it goes on: promised, in the log, checked, and what became
 * of the release since. No answer of the server is believed; what it sends is checked or shown as not checked.
 */

import { createStore, type StoreApi } from 'zustand/vanilla'
import { ApiError, request } from '@/core/api'
import { browserClient } from '@/proof/browser'
import { type Bytes, utf8 } from '@/proof/bytes'
import type { Json, JsonObject } from '@/proof/canonical'
import { parseCheckpoint } from '@/proof/checkpoint'
import { everyKey, type LightClient, type Visit } from '@/proof/client/light-client'
import { type Alarm, LogAlarm } from '@/proof/client/watch'
import { isRolledBack, type State } from '@/proof/governance/state'
import { parseKeys } from '@/proof/key'
import { openPromise } from '@/proof/promise'
import { parseProof } from '@/proof/proof'
import { checkReceipt, parseReceipt, type ReceiptReport } from '@/proof/receipt'
import { leafOf, type ReplyRecord, recordShape } from '@/proof/record'
import { type Reason, Refused } from '@/proof/refused'

export type Stage = 'checking' | 'promised' | 'checked' | 'unavailable'

/** What a release is to its channel now, by the whole log. */
export type Standing = 'head' | 'canary' | 'replaced' | 'rolled-back' | 'frozen' | 'preview'

export interface Problem {
  readonly reason: Reason
  readonly detail: string
}

export interface CheckFiles {
  readonly receipt: Bytes
  readonly keys: string
  readonly reply: Bytes | undefined
  readonly bundle: Bytes | undefined
}

export interface CheckState {
  readonly stage: Stage
  /** The record; before it is in the log it is only what the server promised. */
  readonly record: ReplyRecord | null
  readonly deadlineMs: number | null
  readonly report: ReceiptReport | null
  /** A promise that does not hold, or was not kept. */
  readonly problem: Problem | null
  /** The log is not what this browser saw before. */
  readonly alarm: Alarm | null
  readonly visit: Visit | null
  /** What became of the release; null until the whole log was read. */
  readonly standing: Standing | null
  readonly files: CheckFiles | null
  /** Why there is nothing to check: the server cannot be reached, or knows no such turn. */
  readonly error: ApiError | null
}

const AT_FIRST: CheckState = {
  stage: 'checking',
  record: null,
  deadlineMs: null,
  report: null,
  problem: null,
  alarm: null,
  visit: null,
  standing: null,
  files: null,
  error: null,
}

export type Verdict = 'checking' | 'promised' | 'holds' | 'fails' | 'unavailable'

/** What all of it comes to; anything that failed outweighs everything that holds. */
export function verdictOf(state: CheckState): Verdict {
  if (state.alarm !== null || state.problem !== null || state.report?.holds === false) return 'fails'
  if (state.stage === 'checked') return 'holds'
  return state.stage
}

const POLL_MS = 1_000
// What a promise is late by before that is called broken: clocks differ.
const GRACE_MS = 5_000

export interface CheckParts {
  readonly turnId: string
  /** The reply, to the character, where it is at hand. */
  readonly reply?: string | undefined
  readonly client?: LightClient
  readonly nowMs?: () => number
  readonly sleep?: (ms: number) => Promise<void>
}

export class ReceiptCheck {
  readonly state: StoreApi<CheckState> = createStore(() => AT_FIRST)
  private readonly parts: Required<Omit<CheckParts, 'reply'>> & { readonly reply: string | undefined }
  private isOver = false

  constructor(parts: CheckParts) {
    this.parts = {
      client: browserClient(),
      nowMs: () => Date.now(),
      sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
      ...parts,
      reply: parts.reply,
    }
  }

  /** Check until there is nothing more to come. */
  async run(): Promise<void> {
    try {
      await this.look(() => this.parts.client.visit())
      const data = await this.waitForReceipt()
      if (data !== null) await this.check(data)
      await this.lookAtAll()
    } catch (error) {
      this.end(error)
    }
  }

  /** Wait for nothing more; the panel was closed. */
  stop(): void {
    this.isOver = true
  }

  /** What was found stays; only a check that never began is unavailable. */
  private end(error: unknown): void {
    const isNetwork = error instanceof ApiError || isUnreachable(error)
    if (isNetwork && this.state.getState().report !== null) return
    if (error instanceof ApiError) this.set({ stage: 'unavailable', error })
    else if (isUnreachable(error)) this.set({ stage: 'unavailable', error: unreachable() })
    else if (error instanceof Refused) this.set({ problem: { reason: error.reason, detail: error.message } })
    else throw error
  }

  private set(change: Partial<CheckState>): void {
    if (!this.isOver) this.state.setState(change)
  }

  private async look(visit: () => Promise<Visit>): Promise<Visit | null> {
    try {
      const found = await visit()
      // Of two looks the first says what was known before this receipt was opened.
      const { visit: first } = this.state.getState()
      this.set({ visit: first === null ? found : { ...found, before: first.before } })
      return found
    } catch (error) {
      if (!(error instanceof LogAlarm)) throw error
      this.set({ alarm: error.alarm })
      return null
    }
  }

  /** Return the receipt once its leaf is in the log; null where a promise was not kept, or nobody waits. */
  private async waitForReceipt(): Promise<Bytes | null> {
    for (;;) {
      const response = await request(`/v1/receipts/${this.parts.turnId}`)
      if (response.status !== 202) return new Uint8Array(await response.arrayBuffer())
      const isDue = await this.checkPromise((await response.json()) as { record: Json; promise: string })
      if (!isDue || this.isOver) return null
      await this.parts.sleep(POLL_MS)
    }
  }

  /** Check a promise; false where it does not hold, or its deadline has passed. */
  private async checkPromise({
    record: given,
    promise,
  }: {
    record: Json
    promise: string
  }): Promise<boolean> {
    try {
      const record = recordShape(given, 'record')
      this.set({ stage: 'promised', record })
      const keys = await this.keys()
      const promised = await openPromise(promise, leafOf(given as JsonObject), parseKeys(keys))
      this.set({ deadlineMs: promised.deadlineMs })
      const isOverdue = this.parts.nowMs() > promised.deadlineMs + GRACE_MS
      if (isOverdue)
        throw new Refused(
          'promise/overdue',
          'The deadline of the promise has passed, and the leaf is not in the log.',
        )
      return true
    } catch (error) {
      if (!(error instanceof Refused) || isUnreachable(error)) throw error
      this.set({ problem: { reason: error.reason, detail: error.message } })
      return false
    }
  }

  private async keys(): Promise<string> {
    const visit = this.state.getState().visit
    const pins = visit?.pins ?? (await this.parts.client.pinned())
    return `${(pins?.keys ?? []).join('\n')}\n`
  }

  private async check(receipt: Bytes): Promise<void> {
    const bundle = await this.fetchBundle()
    const record = recordIn(receipt)
    const reply =
      this.parts.reply !== undefined && record?.reply_form !== 'items' ? utf8(this.parts.reply) : undefined
    await this.judge({ receipt, keys: await this.keys(), reply, bundle })
  }

  private async judge(files: CheckFiles): Promise<void> {
    const fingerprint = (await this.parts.client.pinned())?.fingerprint || undefined
    const report = await checkReceipt({ ...files, keys: utf8(files.keys), fingerprint })
    this.set({ stage: 'checked', report, files, record: report.record ?? this.state.getState().record })
    if (report.record) await this.checkReplyLog(files.receipt, report.record)
  }

  /** The tree of the receipt must be the one that everybody is shown. */
  private async checkReplyLog(receipt: Bytes, record: ReplyRecord): Promise<void> {
    const { size, root } = parseCheckpoint(parseProof(parseReceipt(receipt).proof).checkpoint)
    const number = record.log.slice(record.log.lastIndexOf('/') + 1)
    try {
      await this.parts.client.checkReplies(number, { size: Number(size), root })
    } catch (error) {
      if (!(error instanceof LogAlarm)) throw error
      this.set({ alarm: error.alarm })
    }
  }

  private async fetchBundle(): Promise<Bytes | undefined> {
    try {
      const response = await request(`/v1/receipts/${this.parts.turnId}/governance`)
      return new Uint8Array(await response.arrayBuffer())
    } catch (error) {
      // Without it step 7 is not checked, and says so.
      if (error instanceof ApiError && error.status === 404) return undefined
      throw error
    }
  }

  /** Read the whole governance log: what became of the release since, and under which keys it stands. */
  private async lookAtAll(): Promise<void> {
    let state: State | null = null
    const visit = await this.look(async () => {
      const whole = await this.parts.client.whole()
      state = whole.history.state
      return whole
    })
    const { record, files, report } = this.state.getState()
    if (visit === null || state === null || record === null) return
    this.set({ standing: standingOf(record, state) })
    const keys = `${everyKey(visit.pins, state).join('\n')}\n`
    // The root documents may name keys of old receipts that were not known before.
    if (files && report && keys !== files.keys) await this.judge({ ...files, keys })
  }
}

function recordIn(receipt: Bytes): ReplyRecord | null {
  try {
    return parseReceipt(receipt).record
  } catch (error) {
    if (error instanceof Refused) return null
    throw error
  }
}

/** Say what the release of a record is to its channel now. */
export function standingOf(record: ReplyRecord, state: State): Standing {
  if (record.arm === 'preview') return 'preview'
  const channel = state.channels.get(record.channel)
  const admissions = [channel?.serving, channel?.canary].filter((item) => item != null)
  const served = admissions.find((item) => item.release === record.release)
  const isOut = served ? isRolledBack(served, state.bannedReleases) : state.bannedReleases.has(record.release)
  if (isOut) return 'rolled-back'
  if (channel?.frozen) return 'frozen'
  if (!served) return 'replaced'
  return served === channel?.serving ? 'head' : 'canary'
}

function isUnreachable(error: unknown): boolean {
  return error instanceof Refused && error.reason === 'log/unreachable'
}

function unreachable(): ApiError {
  return new ApiError(0, 'network/unreachable', 'the server cannot be reached')
}
