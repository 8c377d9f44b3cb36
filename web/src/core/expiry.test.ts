import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { request } from './api'
import { expiry, holdSession, leaveSignedOut, signedInAgain } from './expiry'
import type { Session } from './wire'

const ann = { user_id: 'u1', name: 'ann', roles: ['member'] } as Session

async function meet401(): Promise<void> {
  await request('/v1/x').catch(() => {})
}

beforeEach(() => {
  vi.stubGlobal('fetch', async () => new Response('{"error": {"code": "access/expired"}}', { status: 401 }))
  holdSession(null)
})
afterEach(() => vi.unstubAllGlobals())

describe('a 401', () => {
  it('asks nobody who was not signed in', async () => {
    await meet401()
    expect(expiry.getState().isEnded).toBe(false)
    expect(await signedInAgain()).toBe(false)
  })

  it('asks whoever was, and lets the work go on after the answer', async () => {
    holdSession(ann)
    expect(await signedInAgain()).toBe(true)
    await meet401()
    expect(expiry.getState().isEnded).toBe(true)
    const waits = [signedInAgain(), signedInAgain()]
    holdSession(ann)
    expect(await Promise.all(waits)).toEqual([true, true])
  })

  it('asks again after the question was left unanswered', async () => {
    holdSession(ann)
    await meet401()
    const wait = signedInAgain()
    leaveSignedOut()
    expect(await wait).toBe(false)
    await meet401()
    expect(expiry.getState().isEnded).toBe(true)
  })
})
