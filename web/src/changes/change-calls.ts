/** Calls about changes: drafts, gates, rollouts. What the log says is read from the log instead. */

import { requestJson } from '@/core/api'
import type {
  AffectedTurns,
  ChangeGates,
  DraftBody,
  DraftRequest,
  GateQuestions,
  RolloutFacts,
  RolloutSignals,
} from '@/core/wire'

/** Has the server write a statement; nothing happens before it is signed. */
export function makeDraft(wish: DraftRequest): Promise<DraftBody> {
  return requestJson('/v1/governance/drafts', { method: 'POST', json: wish })
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

export function readQuestions(change: string, suite: string, signal?: AbortSignal): Promise<GateQuestions> {
  return requestJson(`${gatesPath(change)}/${encodeURIComponent(suite)}/questions`, { signal })
}

export function readRollout(channel: string, signal?: AbortSignal): Promise<RolloutFacts> {
  return requestJson(`/v1/channels/${channel}/rollout`, { signal })
}

export function readSignals(channel: string, signal?: AbortSignal): Promise<RolloutSignals> {
  return requestJson(`/v1/admin/channels/${channel}/signals`, { signal })
}

/** The ids of the turns that a rollback's timeline names by their leaves; for owners and operators. */
export function readAffected(channel: string, move: number, signal?: AbortSignal): Promise<AffectedTurns> {
  return requestJson(`/v1/admin/channels/${channel}/affected?move=${move}`, { signal })
}
