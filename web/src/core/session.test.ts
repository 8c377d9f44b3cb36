import { afterEach, describe, expect, it, vi } from 'vitest'
import { nextPath, readSession, signInPath } from './session'

afterEach(() => vi.unstubAllGlobals())

describe('nextPath', () => {
  it('leads back to the page that asked', () => {
    expect(nextPath(signInPath('/c/abc?message=1').replace('/sign-in', ''))).toBe('/c/abc?message=1')
    expect(signInPath('/')).toBe('/sign-in')
  })

  it.each([
    '//evil.example',
    '/\\evil.example',
    'https://evil.example',
    '/\tx',
    'javascript:0',
    '/sign-in?next=/',
  ])('does not lead to %j', (next) => {
    expect(nextPath(`?next=${encodeURIComponent(next)}`)).toBe('/')
  })
})

describe('readSession', () => {
  it('says null for nobody, and fails where the server fails', async () => {
    const answer = (status: number) =>
      vi.stubGlobal('fetch', async () => new Response(JSON.stringify({ error: { code: 'x' } }), { status }))
    answer(401)
    expect(await readSession()).toBeNull()
    answer(503)
    await expect(readSession()).rejects.toMatchObject({ status: 503 })
  })
})
