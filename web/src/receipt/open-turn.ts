/** Opens one's own turn: its segments and secret from the server, its release as published, checked here. */

import { requestJson } from '@/core/api'
import { browserClient } from '@/proof/browser'
import type { Json } from '@/proof/canonical'
import { checkOpened, type OpenedCheck } from '@/proof/prompt/opened'
import { parseRelease, type Release } from '@/proof/prompt/release'
import { type Segment, segmentsShape } from '@/proof/prompt/segments'
import type { ReplyRecord } from '@/proof/record'
import { Refused } from '@/proof/refused'

export interface Opened {
  readonly segments: readonly Segment[]
  readonly checks: readonly OpenedCheck[]
}

/** Throws `ApiError` where the turn is somebody else's, `Refused` where the answer has another shape. */
export async function openTurn(record: ReplyRecord): Promise<Opened> {
  const [shown, kept, release] = await Promise.all([
    requestJson<{ segments: Json }>(`/v1/turns/${record.id}/segments`),
    requestJson<{ secret: string }>(`/v1/receipts/${record.id}/secret`),
    publishedRelease(record.release),
  ])
  const segments = segmentsShape(shown.segments, 'segments')
  const checks = await checkOpened({ record, secret: kept.secret, segments, release })
  return { segments, checks }
}

async function publishedRelease(id: string): Promise<Release | null> {
  const data = await browserClient().blobs(id)
  if (data === null) return null
  try {
    return parseRelease(data)
  } catch (error) {
    if (error instanceof Refused) return null
    throw error
  }
}
