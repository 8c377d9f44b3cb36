/** Calls about previews of a change: prompts before and after, and replies of both releases. */

import { ApiError, request, requestJson } from '@/core/api'
import { EventStreamParser } from '@/core/sse'
import type { ChangePreview, PreviewEvent, PromptPair } from '@/core/wire'

const pathOf = (change: string) => `/v1/changes/${encodeURIComponent(change)}/preview`

export function readPreview(change: string, signal?: AbortSignal): Promise<ChangePreview> {
  return requestJson(pathOf(change), { signal })
}

export function composePrompt(change: string, question: string): Promise<PromptPair> {
  return requestJson(`${pathOf(change)}/prompt`, { method: 'POST', json: { question } })
}

/**
 * Asks both releases and hands over every event; aborting `signal` ends both turns.
 *
 * Rejects with an `ApiError` where the server refuses, or the connection breaks before its last event.
 */
export async function askReplies(
  change: string,
  question: string,
  onEvent: (event: PreviewEvent) => void,
  signal: AbortSignal,
): Promise<void> {
  const response = await request(`${pathOf(change)}/replies`, {
    method: 'POST',
    json: { question },
    headers: { accept: 'text/event-stream' },
    signal,
  })
  const parser = new EventStreamParser()
  const reader = response.body?.getReader()
  for (;;) {
    const piece = await reader?.read().catch(() => undefined)
    signal.throwIfAborted()
    if (piece === undefined || piece.done) {
      throw new ApiError(0, 'network/unreachable', 'the connection broke before the replies were whole')
    }
    for (const { data } of parser.push(piece.value)) {
      const event = JSON.parse(data) as PreviewEvent
      if (event.type === 'ended') return
      onEvent(event)
    }
  }
}
