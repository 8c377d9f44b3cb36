/** What a gate's report says, read from the blob that its statement names. */

import type { Bytes } from '@/proof/bytes'
import type { Json, JsonObject } from '@/proof/canonical'
import { parseObject } from '@/proof/canonical'
import { Refused } from '@/proof/refused'

export const ARMS = ['candidate', 'head'] as const
export type Arm = (typeof ARMS)[number]

export interface ReportCall {
  readonly reply: string
  /** What the turn's record commits to as its request, and the salt of that commitment; hex. */
  readonly request: string
  readonly salt: string
}

export interface ReportItem {
  readonly item: string
  readonly mark: string
  readonly reason: string
  /** By arm, call by call; none of an arm that was not asked. */
  readonly calls: Readonly<Record<Arm, readonly ReportCall[]>>
}

export interface Report {
  readonly score: string
  readonly low: string
  readonly high: string
  /** The head's score on the same items, null where it was not asked. */
  readonly head: string | null
  readonly metrics: readonly (readonly [name: string, value: string])[]
  readonly shortfalls: readonly { readonly metric: string; readonly floor: string; readonly found: string }[]
  readonly items: readonly ReportItem[]
  readonly lost: number
}

/** Reads a report; null where the bytes are none. */
export function readReport(data: Bytes): Report | null {
  try {
    return reportOf(parseObject(data))
  } catch (error) {
    if (error instanceof Refused) return null
    throw error
  }
}

function reportOf(report: JsonObject): Report {
  const metrics = objectOf(report['metrics'])
  const candidate = callsOf(report, 'candidate')
  const head = callsOf(report, 'head')
  return {
    score: textOf(metrics['score']),
    low: textOf(metrics['score_low']),
    high: textOf(metrics['score_high']),
    head: 'head_score' in metrics ? textOf(metrics['head_score']) : null,
    metrics: Object.entries(metrics).map(([name, value]) => [name, textOf(value)]),
    shortfalls: listOf(report['shortfalls']).map((item) => ({
      metric: textOf(item['metric']),
      floor: textOf(item['floor']),
      found: textOf(item['found']),
    })),
    items: listOf(report['marks']).map((mark) => ({
      item: textOf(mark['item']),
      mark: textOf(mark['mark']),
      reason: textOf(mark['reason']),
      calls: {
        candidate: candidate.get(textOf(mark['item'])) ?? [],
        head: head.get(textOf(mark['item'])) ?? [],
      },
    })),
    lost: listOf(report['lost']).length,
  }
}

function callsOf(report: JsonObject, arm: Arm): Map<string, ReportCall[]> {
  const samples = listOf(report['samples']).filter((sample) => sample['arm'] === arm)
  return new Map(samples.map((sample) => [textOf(sample['item']), listOf(sample['calls']).map(callOf)]))
}

function callOf(call: JsonObject): ReportCall {
  return {
    reply: textOf(call['reply']),
    request: textOf(objectOf(call['record'])['request']),
    salt: textOf(call['request_salt']),
  }
}

function objectOf(value: Json | undefined): JsonObject {
  return typeof value === 'object' && !Array.isArray(value) ? value : {}
}

function listOf(value: Json | undefined): JsonObject[] {
  return Array.isArray(value) ? value.map(objectOf) : []
}

function textOf(value: Json | undefined): string {
  return typeof value === 'string' ? value : ''
}
