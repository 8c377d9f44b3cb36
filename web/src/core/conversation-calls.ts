/** Calls about what is inside of one conversation. */

import { request, requestJson } from './api'
import type { BranchShown, Conversation, MessagePage, RunRequest, RunStarted } from './wire'

const path = (id: string) => `/v1/conversations/${encodeURIComponent(id)}`

export function runPath(conversationId: string, runId: string): string {
  return `${path(conversationId)}/runs/${encodeURIComponent(runId)}`
}

export function createConversation(channel: string): Promise<Conversation> {
  return requestJson('/v1/conversations', { method: 'POST', json: { channel } })
}

export function readConversation(id: string): Promise<Conversation> {
  return requestJson(path(id))
}

export interface PageQuery {
  /** End of the path; left out: the one that is shown. */
  readonly leaf?: string
  /** Only messages above this depth. */
  readonly before?: number
  readonly limit: number
}

/** A window of a path: its newest messages, or those above a depth. */
export function readMessages(id: string, query: PageQuery): Promise<MessagePage> {
  return requestJson(`${path(id)}/messages`, { query: { ...query } })
}

/** Shows the path through a message, to the end of its branch. */
export function showMessage(id: string, messageId: string): Promise<BranchShown> {
  return requestJson(`${path(id)}/show`, { method: 'POST', json: { message_id: messageId } })
}

export function startRun(id: string, body: RunRequest): Promise<RunStarted> {
  return requestJson(`${path(id)}/runs`, { method: 'POST', json: body })
}

export async function stopRun(conversationId: string, runId: string): Promise<void> {
  await request(`${runPath(conversationId, runId)}/stop`, { method: 'POST' })
}
