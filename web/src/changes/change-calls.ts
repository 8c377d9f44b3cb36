/** Calls about changes: drafts, gates, rollouts. What the log says is read from the log instead. */

import { request, requestJson } from '@/core/api'
import type { ChangeGates, DraftBody, DraftRequest, RolloutFacts, RolloutSignals } from '@/core/wire'

/** Has the server write a statement; nothing happens before it is signed. */
export function makeDraft(wish: DraftRequest): Promise<DraftBody> {
  return requestJson('/v1/governance/drafts', { method: 'POST', json: wish })
}

export async function discardDraft(id: string): Promise<void> {
  await request(`/v1/governance/drafts/${encodeURIComponent(id)}`, { method: 'DELETE' })
}

const gatesPath = (change: string) => `/v1/changes/${encodeURIComponent(change)}/gates`

export function readGates(change: string, signal?: AbortSignal): Promise<ChangeGates> {
  return requestJson(gatesPath(change), { signal })
}

export function runGates(change: string): Promise<ChangeGates> {
  return requestJson(`${gatesPath(change)}/run`, { method: 'POST', json: {} })
}

export function cancelGates(change: string): Promise<ChangeGates> {
  return requestJson(`${gatesPath(change)}/cancel`, { method: 'POST' })
}

export function readRollout(channel: string, signal?: AbortSignal): Promise<RolloutFacts> {
  return requestJson(`/v1/channels/${channel}/rollout`, { signal })
}

export function readSignals(channel: string, signal?: AbortSignal): Promise<RolloutSignals> {
  return requestJson(`/v1/admin/channels/${channel}/signals`, { signal })
}
