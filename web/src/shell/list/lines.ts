/** The lines of the conversation list: a heading for each period, and the conversations below it. */

import { type PeriodName, periodOf } from '@/core/days'
import type { Conversation } from '@/core/wire'

export type Line =
  | { readonly type: 'heading'; readonly key: string; readonly period: PeriodName | 'pinned' }
  | { readonly type: 'conversation'; readonly key: string; readonly conversation: Conversation }

/** Lines in the order of the list; pinned ones first, whatever their time, and no heading twice. */
export function linesOf(list: readonly Conversation[], nowMs: number): readonly Line[] {
  const pinned = list.filter((conversation) => conversation.is_pinned)
  const others = list
    .filter((conversation) => !conversation.is_pinned)
    .toSorted((a, b) => b.updated_ms - a.updated_ms)
  const lines: Line[] = []
  let last: PeriodName | 'pinned' | null = null
  for (const conversation of [...pinned, ...others]) {
    const period = conversation.is_pinned ? 'pinned' : periodOf(conversation.updated_ms, nowMs)
    if (period !== last) lines.push({ type: 'heading', key: `heading ${period}`, period })
    last = period
    lines.push({ type: 'conversation', key: conversation.id, conversation })
  }
  return lines
}
