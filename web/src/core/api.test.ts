import { afterEach, describe, expect, it, vi } from 'vitest'
import { ApiError, onSignedOut, request, requestJson } from './api'

function answer(status: number, body: unknown, headers: Record<string, string> = {}): void {
  vi.stubGlobal(
    'fetch',
    vi.fn(async () => new Response(JSON.stringify(body), { status, headers })),
  )
}

afterEach(() => vi.unstubAllGlobals())

describe('request', () => {
  it('returns the JSON of a good answer', async () => {
    answer(200, { a: 1 })
    expect(await requestJson('/v1/x', { query: { q: 'ä b', none: null } })).toEqual({ a: 1 })
    expect(fetch).toHaveBeenCalledWith('/v1/x?q=%C3%A4+b', expect.objectContaining({ method: 'GET' }))
  })

  it('keeps the code, the hint and the waiting time of a refusal', async () => {
    answer(429, { error: { code: 'busy/rate', message: 'too many', hint: 'wait' } }, { 'retry-after': '7' })
    const failure = await request('/v1/x').catch((error: unknown) => error)
    expect(failure).toBeInstanceOf(ApiError)
    expect(failure).toMatchObject({ status: 429, code: 'busy/rate', hint: 'wait', retryAfterS: 7 })
  })

  it('tells listeners that nobody is signed in', async () => {
    answer(401, { error: { code: 'access/none', message: 'no credential' } })
    const heard = vi.fn()
    const stop = onSignedOut(heard)
    await request('/v1/x').catch(() => {})
    stop()
    await request('/v1/x').catch(() => {})
    expect(heard).toHaveBeenCalledTimes(1)
  })

  it('says the same of an answer that breaks off', async () => {
    const body = new ReadableStream({ start: (controller) => controller.error(new TypeError('failed')) })
    vi.stubGlobal('fetch', vi.fn().mockResolvedValue(new Response(body)))
    await expect(requestJson('/v1/x')).rejects.toMatchObject({ status: 0, code: 'network/unreachable' })
  })

  it('says that a server without an answer cannot be reached', async () => {
    vi.stubGlobal('fetch', vi.fn().mockRejectedValue(new TypeError('failed')))
    await expect(request('/v1/x')).rejects.toMatchObject({ status: 0, code: 'network/unreachable' })
  })

  it('does not invent a message for a body that is no error object', async () => {
    vi.stubGlobal(
      'fetch',
      vi.fn(async () => new Response('<html>', { status: 502, statusText: 'Bad Gateway' })),
    )
    await expect(request('/v1/x')).rejects.toMatchObject({
      status: 502,
      code: 'http/502',
      message: 'Bad Gateway',
    })
  })
})
