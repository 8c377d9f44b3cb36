/** Calls about conversations as a list; what is inside of one belongs to the chat. */

import { ApiError, request, requestJson } from './api'
import type {
  Conversation,
  ConversationChange,
  ConversationDeleted,
  ConversationList,
  SearchHits,
} from './wire'

export const PAGE_SIZE = 50

const path = (id: string) => `/v1/conversations/${encodeURIComponent(id)}`

/** A page of the list, pinned ones first, then the latest; `after` is the last id of the page before. */
export function listConversations(
  isArchived: boolean,
  after: string,
  signal?: AbortSignal,
): Promise<ConversationList> {
  return requestJson('/v1/conversations', {
    query: { archived: isArchived, after: after || null, limit: PAGE_SIZE },
    signal,
  })
}

export function changeConversation(id: string, change: Partial<ConversationChange>): Promise<Conversation> {
  return requestJson(path(id), { method: 'PATCH', json: change })
}

/** Erases a conversation for good; one that is gone already is no error. */
export async function eraseConversation(id: string, isLeaving = false): Promise<ConversationDeleted | null> {
  try {
    return await requestJson(path(id), { method: 'DELETE', keepalive: isLeaving })
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return null
    throw error
  }
}

export function searchConversations(text: string, signal?: AbortSignal): Promise<SearchHits> {
  return requestJson('/v1/search', { query: { q: text, limit: PAGE_SIZE }, signal })
}

export type ExportFormat = 'json' | 'markdown'

/** The file of a conversation, and the name that the server gives it. */
export async function exportConversation(
  id: string,
  format: ExportFormat,
): Promise<{ readonly name: string; readonly data: Blob }> {
  const response = await request(`${path(id)}/export`, { query: { format }, headers: { accept: '*/*' } })
  const name = fileName(response.headers.get('content-disposition') ?? '')
  return { name: name ?? `conversation.${format === 'json' ? 'json' : 'md'}`, data: await response.blob() }
}

/** The file name of a content-disposition header, null where it has none; the encoded form goes first (RFC 6266). */
export function fileName(disposition: string): string | null {
  const encoded = /filename\*=UTF-8''([^;]+)/i.exec(disposition)?.[1]
  if (encoded !== undefined) return decodeURIComponent(encoded)
  return /filename="([^"]+)"/i.exec(disposition)?.[1] ?? null
}

/** The address of a conversation in the app, and of one message in it. */
export function conversationPath(id: string, messageId = ''): string {
  return `/c/${encodeURIComponent(id)}${messageId === '' ? '' : `?message=${encodeURIComponent(messageId)}`}`
}
