/** Calls of administration. */

import { request, requestJson } from './api'
import type {
  AdminHealth,
  AdminKeyList,
  AlarmList,
  BackupOffer,
  ChannelList,
  LinkBody,
  LogPage,
  ModelOverview,
  ModelTestRequest,
  ModelTestResult,
  SettingList,
  UsageBody,
  UserBody,
  UserChangeRequest,
  UserList,
  UserMade,
  UserRequest,
} from './wire'

const PAGE = 50

export function readHealth(signal?: AbortSignal): Promise<AdminHealth> {
  return requestJson('/v1/admin/health', { signal })
}

export function listAlarms(before: number | null, signal?: AbortSignal): Promise<AlarmList> {
  return requestJson('/v1/admin/alarms', { query: { before, limit: PAGE }, signal })
}

export function listUsers(text: string, after: string | null, signal?: AbortSignal): Promise<UserList> {
  return requestJson('/v1/admin/users', {
    query: { q: text === '' ? null : text, after, limit: PAGE },
    signal,
  })
}

export function makeUser(wanted: UserRequest): Promise<UserMade> {
  return requestJson('/v1/admin/users', { method: 'POST', json: wanted })
}

export function changeUser(id: string, change: UserChangeRequest): Promise<UserBody> {
  return requestJson(`/v1/admin/users/${encodeURIComponent(id)}`, { method: 'PATCH', json: change })
}

/** Erases an account with everything it wrote. */
export async function eraseUser(id: string): Promise<void> {
  await request(`/v1/admin/users/${encodeURIComponent(id)}`, { method: 'DELETE' })
}

export function makeLink(id: string): Promise<LinkBody> {
  return requestJson(`/v1/admin/users/${encodeURIComponent(id)}/link`, { method: 'POST' })
}

export function listAllKeys(after: string | null, signal?: AbortSignal): Promise<AdminKeyList> {
  return requestJson('/v1/admin/keys', { query: { after, limit: PAGE }, signal })
}

export async function revokeAnyKey(id: string): Promise<void> {
  await request(`/v1/admin/keys/${encodeURIComponent(id)}`, { method: 'DELETE' })
}

export function readModels(signal?: AbortSignal): Promise<ModelOverview> {
  return requestJson('/v1/admin/models', { signal })
}

export function testModel(wanted: ModelTestRequest): Promise<ModelTestResult> {
  return requestJson('/v1/admin/models/test', { method: 'POST', json: wanted })
}

export async function keepModelKey(name: string, key: string): Promise<void> {
  await request(`/v1/admin/models/keys/${name}`, { method: 'PUT', json: { key } })
}

export async function forgetModelKey(name: string): Promise<void> {
  await request(`/v1/admin/models/keys/${name}`, { method: 'DELETE' })
}

export function readChannels(signal?: AbortSignal): Promise<ChannelList> {
  return requestJson('/v1/admin/channels', { signal })
}

export function readServerSettings(signal?: AbortSignal): Promise<SettingList> {
  return requestJson('/v1/admin/settings', { signal })
}

export type UsageGrouping = UsageBody['by']

export function readUsage(
  first: string,
  last: string,
  by: UsageGrouping,
  signal?: AbortSignal,
): Promise<UsageBody> {
  return requestJson('/v1/admin/usage', { query: { first, last, by }, signal })
}

export type LogLevel = 'debug' | 'info' | 'warning' | 'error'

export function readLogLines(after: number, level: LogLevel, signal?: AbortSignal): Promise<LogPage> {
  return requestJson('/v1/admin/logs', { query: { after, level, limit: 500 }, signal })
}

/** Prepares a backup under a passphrase; the path that comes back is fetched once. */
export function offerBackup(passphrase: string): Promise<BackupOffer> {
  return requestJson('/v1/admin/backups', { method: 'POST', json: { passphrase } })
}
