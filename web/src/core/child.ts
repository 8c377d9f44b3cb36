/** Calls of a child's own page: everything that a child's session may ask of the server. */

import { request, requestJson } from './api'
import type { ChildTurnBody, ChildTurnRequest, ChildView, JoinRequest } from './wire'

/** Between two signs of life. */
export const BEAT_MS = 30_000

/** How the session of this browser stands; uses no time up. A 401 says that it is no child's. */
export function readChild(signal?: AbortSignal): Promise<ChildView> {
  return requestJson('/v1/junior/session', { signal })
}

/** Counts the time since the last sign of life. */
export function sendBeat(): Promise<Omit<ChildView, 'reply'>> {
  return requestJson('/v1/junior/session/beat', { method: 'POST' })
}

/** Says or taps something, or neither, to begin. `after`: the number of the reply that is shown. */
export function takeTurn(said: ChildTurnRequest): Promise<ChildTurnBody> {
  return requestJson('/v1/junior/session/turns', { method: 'POST', json: said })
}

/** Ends the session with the guardian's PIN or password; nobody is signed in then. */
export async function leave(secret: { pin: string } | { password: string }): Promise<void> {
  await request('/v1/junior/session/leave', { method: 'POST', json: secret })
}

/** Opens a child's session with the code of a class; the cookie of this browser is the child's then. */
export async function join(wanted: JoinRequest): Promise<void> {
  await request('/v1/junior/join', { method: 'POST', json: wanted })
}
