/** Calls of guardians: children's profiles, the PIN, sessions, alerts, the readable log. */

import { request, requestJson } from './api'
import type {
  AlertList,
  ChildSessionInfo,
  ChildSessionList,
  ChildSessionsEnded,
  ChoicesBody,
  ClassroomCodeBody,
  LogBody,
  LogCleared,
  PinBody,
  ProfileBody,
  ProfileChange,
  ProfileErased,
  ProfileList,
  ProfileRequest,
  UseBody,
} from './wire'

export type Settings = Required<Omit<ProfileRequest, 'agreed'>>
export type TermName = ProfileRequest['agreed'][number]

const LINES = 50

/** What a profile can be made of, and what is kept under a log of so many days, null for none. */
export function readChoices(logDays: number | null, signal?: AbortSignal): Promise<ChoicesBody> {
  return requestJson('/v1/junior/choices', { query: { log_days: logDays }, signal })
}

export function readPin(signal?: AbortSignal): Promise<PinBody> {
  return requestJson('/v1/junior/pin', { signal })
}

/** Sets the PIN; replacing one takes the account's password, where it has one. */
export function writePin(pin: string, password: string): Promise<PinBody> {
  return requestJson('/v1/junior/pin', { method: 'PUT', json: { pin, password: password || null } })
}

export function listProfiles(signal?: AbortSignal): Promise<ProfileList> {
  return requestJson('/v1/junior/profiles', { signal })
}

export function makeProfile(settings: Settings, agreed: readonly TermName[]): Promise<ProfileBody> {
  return requestJson('/v1/junior/profiles', { method: 'POST', json: { ...settings, agreed } })
}

export function readProfile(id: string, signal?: AbortSignal): Promise<ProfileBody> {
  return requestJson(pathOf(id), { signal })
}

/** Replaces the settings; `agreed` is needed where more is kept than before. */
export function changeProfile(
  id: string,
  settings: Settings,
  agreed: readonly TermName[] | null,
): Promise<ProfileBody> {
  const json: ProfileChange = { ...settings, agreed: agreed === null ? null : [...agreed] }
  return requestJson(pathOf(id), { method: 'PUT', json })
}

/** Erases a profile with all that is kept of it, and returns the receipt. */
export function eraseProfile(id: string): Promise<ProfileErased> {
  return requestJson(pathOf(id), { method: 'DELETE' })
}

/** Everything that is kept of a profile, as a file. */
export async function exportProfile(id: string): Promise<Blob> {
  return (await request(`${pathOf(id)}/export`)).blob()
}

export function listChildSessions(id: string, signal?: AbortSignal): Promise<ChildSessionList> {
  return requestJson(`${pathOf(id)}/sessions`, { signal })
}

/** Hands this browser over to the child: the guardian's session in it ends. */
export function openChildSession(id: string): Promise<ChildSessionInfo> {
  return requestJson(`${pathOf(id)}/sessions`, { method: 'POST' })
}

export function endChildSessions(id: string): Promise<ChildSessionsEnded> {
  return requestJson(`${pathOf(id)}/sessions`, { method: 'DELETE' })
}

export function readUse(id: string, signal?: AbortSignal): Promise<UseBody> {
  return requestJson(`${pathOf(id)}/use`, { signal })
}

export function readLog(id: string, before: string | null, signal?: AbortSignal): Promise<LogBody> {
  return requestJson(`${pathOf(id)}/log`, { query: { before, limit: LINES }, signal })
}

export function clearLog(id: string): Promise<LogCleared> {
  return requestJson(`${pathOf(id)}/log`, { method: 'DELETE' })
}

export function listAlerts(signal?: AbortSignal): Promise<AlertList> {
  return requestJson('/v1/junior/alerts', { signal })
}

export async function dismissAlert(id: string): Promise<void> {
  await request(`/v1/junior/alerts/${encodeURIComponent(id)}`, { method: 'DELETE' })
}

/** Makes a code with which children of a class open their pages; the one before it ends. */
export function makeClassroomCode(minutes: number): Promise<ClassroomCodeBody> {
  return requestJson('/v1/junior/classroom-codes', { method: 'POST', json: { minutes } })
}

export async function endClassroomCode(): Promise<void> {
  await request('/v1/junior/classroom-codes', { method: 'DELETE' })
}

/** The receipt of an answer that stands in the log, as a file. */
export async function readLogReceipt(id: string, turn: string): Promise<Blob> {
  return (await request(`${pathOf(id)}/log/${encodeURIComponent(turn)}/receipt`)).blob()
}

function pathOf(id: string): string {
  return `/v1/junior/profiles/${encodeURIComponent(id)}`
}
