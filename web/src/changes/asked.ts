/**
 * What the samples of a gate's report were asked, held against the turns' records.
 *
 * The server makes the questions again from suite and seed; the record in the report commits to the very bytes, and the
 * report holds the salt. So a question that was not the one asked is found out here (clause 9).
 */

import type { GateQuestions } from '@/core/wire'
import { fromHex, utf8 } from '@/proof/bytes'
import { parseObject } from '@/proof/canonical'
import { commitment } from '@/proof/record'
import { Refused } from '@/proof/refused'
import type { Arm, ReportCall } from './report'

export interface Line {
  readonly role: string
  readonly text: string
}

/** Requests of every sample, call by call. */
export type Asked = ReadonlyMap<string, readonly string[]>

export function askedOf({ samples }: GateQuestions): Asked {
  return new Map(samples.map(({ item, arm, requests }) => [keyOf(arm, item), requests]))
}

/** The lines of one call; undefined where they are not known, null where the record commits to something else. */
export function linesOf(
  asked: Asked,
  arm: Arm,
  item: string,
  at: number,
  call: ReportCall,
): readonly Line[] | null | undefined {
  const request = asked.get(keyOf(arm, item))?.[at]
  if (request === undefined) return undefined
  try {
    const data = utf8(request)
    if (commitment(fromHex(call.salt), 'request', data) !== call.request) return null
    const { items } = parseObject(data)
    return Array.isArray(items) ? items.map(lineOf) : null
  } catch (error) {
    if (error instanceof Refused) return null
    throw error
  }
}

function lineOf(value: unknown): Line {
  const { role, text } = value as Record<string, unknown>
  return { role: String(role), text: String(text) }
}

function keyOf(arm: string, item: string): string {
  return `${arm} ${item}`
}
