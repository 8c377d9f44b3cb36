/** Calls about one's own account. */

import { request, requestJson } from './api'
import type {
  AccountBody,
  AccountChange,
  AccountErased,
  AccountSettingsBody,
  KeyList,
  KeyMade,
  KeyRequest,
  Session,
  SessionList,
  SessionsEnded,
} from './wire'

/** The fewest characters of a password; the server holds it. */
export const MIN_PASSWORD = 10

/** Uses up a one-time link and opens a session. */
export function redeemLink(code: string): Promise<Session> {
  return requestJson('/v1/session/link', { method: 'POST', json: { code } })
}

export function readAccount(signal?: AbortSignal): Promise<AccountBody> {
  return requestJson('/v1/account', { signal })
}

export function changeAccount(change: AccountChange): Promise<AccountBody> {
  return requestJson('/v1/account', { method: 'PATCH', json: change })
}

export function readSettings(signal?: AbortSignal): Promise<Required<AccountSettingsBody>> {
  return requestJson('/v1/account/settings', { signal })
}

export async function writeSettings(settings: AccountSettingsBody): Promise<void> {
  await request('/v1/account/settings', { method: 'PUT', json: settings })
}

export function listKeys(signal?: AbortSignal): Promise<KeyList> {
  return requestJson('/v1/account/keys', { signal })
}

export function makeKey(wanted: KeyRequest): Promise<KeyMade> {
  return requestJson('/v1/account/keys', { method: 'POST', json: wanted })
}

export async function revokeKey(id: string): Promise<void> {
  await request(`/v1/account/keys/${encodeURIComponent(id)}`, { method: 'DELETE' })
}

export function listSessions(signal?: AbortSignal): Promise<SessionList> {
  return requestJson('/v1/account/sessions', { signal })
}

export async function endSession(id: string): Promise<void> {
  await request(`/v1/account/sessions/${encodeURIComponent(id)}`, { method: 'DELETE' })
}

export function endOtherSessions(): Promise<SessionsEnded> {
  return requestJson('/v1/account/sessions', { method: 'DELETE' })
}

/** Everything that the account has here, as a file. */
export async function exportAccount(): Promise<Blob> {
  const response = await request('/v1/account/export', { headers: { accept: 'application/jsonl' } })
  return response.blob()
}

/** Erases the account with all that it wrote; `isDone` is false while a turn of it still runs. */
export function eraseAccount(password: string): Promise<AccountErased> {
  return requestJson('/v1/account/erase', { method: 'POST', json: { password: password || null } })
}
