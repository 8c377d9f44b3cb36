/** Calls about statements that wait for signatures, and about the passkeys that sign them. */

import { request, requestJson } from '@/core/api'
import type { DraftBody, DraftList, PasskeyList } from '@/core/wire'

export function listDrafts(signal?: AbortSignal): Promise<DraftList> {
  return requestJson('/v1/governance/drafts', { signal })
}

/** One draft with the contents that its statement refers to by digest; a list leaves them out. */
export function readDraftBody(id: string, signal?: AbortSignal): Promise<DraftBody> {
  return requestJson(`/v1/governance/drafts/${encodeURIComponent(id)}`, { signal })
}

/** Forgets a draft; who made it may, and owners. */
export async function discardDraft(id: string): Promise<void> {
  await request(`/v1/governance/drafts/${encodeURIComponent(id)}`, { method: 'DELETE' })
}

export function listPasskeys(signal?: AbortSignal): Promise<PasskeyList> {
  return requestJson('/v1/passkeys', { signal })
}

/** Makes the server forget a passkey of one's own; a root document that names it goes on naming it. */
export async function removePasskey(id: string): Promise<void> {
  await request(`/v1/passkeys/${encodeURIComponent(id)}`, { method: 'DELETE' })
}
