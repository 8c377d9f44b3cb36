/** Who is signed in: calls, and where a person goes once they are. */

import { ApiError, request, requestJson } from './api'
import type { Session } from './wire'

/** The session of this browser, null for nobody. */
export async function readSession(signal?: AbortSignal): Promise<Session | null> {
  try {
    return await requestJson<Session>('/v1/session', { signal })
  } catch (error) {
    if (error instanceof ApiError && error.status === 401) return null
    throw error
  }
}

export function signIn(name: string, password: string): Promise<Session> {
  return requestJson('/v1/session', { method: 'POST', json: { name, password } })
}

export async function signOut(): Promise<void> {
  await request('/v1/session', { method: 'DELETE' })
}

/** The address of the sign-in page that leads back to `here`. */
export function signInPath(here: string): string {
  return here === '/' || here === '' ? '/sign-in' : `/sign-in?next=${encodeURIComponent(here)}`
}

/** Where to go after signing in: a path of this app, whatever the address says. */
export function nextPath(search: string): string {
  const next = new URLSearchParams(search).get('next') ?? '/'
  // `//host` and `/\host` would lead to another site.
  const isOurs = /^\/(?![/\\])/.test(next) && !/[\p{Cc}]/u.test(next)
  return isOurs && !next.startsWith('/sign-in') ? next : '/'
}
