import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import {
  eraseNow,
  eraseSoon,
  erasures,
  followErasures,
  onErasureEnd,
  UNDO_MS,
  undoErasures,
} from './erasures'

const one = { id: 'c1', title: 'One' }
const two = { id: 'c2', title: 'Two' }
let answers: (() => Response | Promise<Response>)[] = []
let asked: string[] = []
const stops: (() => void)[] = []

const waiting = () => erasures.getState().waiting.map(({ id }) => id)
const ok = () => new Response('{"deleted": true}')
const refused = (status: number) => () => new Response('{"error": {"code": "x"}}', { status })

function follow(userId = 'ann'): () => void {
  const stop = followErasures(userId)
  stops.push(stop)
  return stop
}

beforeEach(() => {
  vi.useFakeTimers()
  answers = []
  asked = []
  vi.stubGlobal('fetch', async (url: string, { method, keepalive }: RequestInit) => {
    asked.push(`${method} ${url}${keepalive === true ? ' on leaving' : ''}`)
    return (answers.shift() ?? ok)()
  })
  localStorage.clear()
  erasures.setState({ waiting: [] })
})

afterEach(() => {
  for (const stop of stops.splice(0)) stop()
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

describe('an erasure', () => {
  it('waits, and is then carried out', async () => {
    follow()
    eraseSoon([one, two], 'ann')
    expect(waiting()).toEqual(['c1', 'c2'])
    await vi.advanceTimersByTimeAsync(UNDO_MS - 1)
    expect(asked).toEqual([])
    await vi.advanceTimersByTimeAsync(1)
    expect(asked).toEqual(['DELETE /v1/conversations/c1', 'DELETE /v1/conversations/c2'])
    expect(waiting()).toEqual([])
    expect(localStorage.getItem('verax.erasures')).toBe('[]')
  })

  it('can be undone until then, one of several too', async () => {
    follow()
    eraseSoon([one, two], 'ann')
    undoErasures(['c1'])
    expect(waiting()).toEqual(['c2'])
    await vi.advanceTimersByTimeAsync(UNDO_MS * 3)
    expect(asked).toEqual(['DELETE /v1/conversations/c2'])
  })

  it('can be carried out before its time, and then only once', async () => {
    const told = vi.fn()
    stops.push(onErasureEnd(told))
    follow()
    eraseSoon([one], 'ann')
    await eraseNow(['c1'])
    expect(told).toHaveBeenCalledWith(expect.objectContaining(one), null)
    await vi.advanceTimersByTimeAsync(UNDO_MS * 2)
    expect(asked).toHaveLength(1)
  })

  it('is asked for once when its time is up and its message ends at the same moment', async () => {
    follow()
    eraseSoon([one], 'ann')
    vi.advanceTimersByTime(UNDO_MS)
    await eraseNow(['c1'])
    await vi.advanceTimersByTimeAsync(0)
    expect(asked).toEqual(['DELETE /v1/conversations/c1'])
    expect(waiting()).toEqual([])
  })

  it('is carried out when the tab is closed', () => {
    follow()
    eraseSoon([one], 'ann')
    window.dispatchEvent(new Event('pagehide'))
    expect(asked).toEqual(['DELETE /v1/conversations/c1 on leaving'])
  })

  it('tells of a refusal, and is back in the list', async () => {
    const told = vi.fn()
    stops.push(onErasureEnd(told))
    follow()
    answers = [refused(403)]
    eraseSoon([one], 'ann')
    await vi.advanceTimersByTimeAsync(UNDO_MS)
    expect(told).toHaveBeenCalledWith(expect.objectContaining(one), expect.objectContaining({ status: 403 }))
    expect(waiting()).toEqual([])
  })

  it('is tried again while the server cannot be reached', async () => {
    follow()
    answers = [() => Promise.reject(new TypeError('offline')), () => Promise.reject(new TypeError('offline'))]
    eraseSoon([one], 'ann')
    await vi.advanceTimersByTimeAsync(UNDO_MS)
    expect(waiting()).toEqual(['c1'])
    await vi.advanceTimersByTimeAsync(60_000)
    expect(asked).toHaveLength(3)
    expect(waiting()).toEqual([])
  })
})

describe('what is left from before', () => {
  const left = (userId: string) =>
    localStorage.setItem('verax.erasures', JSON.stringify([{ ...one, userId, dueMs: Date.now() - 1 }]))

  it('is carried out when the same person opens the app', async () => {
    left('ann')
    follow('ann')
    expect(waiting()).toEqual(['c1'])
    answers = [refused(404)]
    await vi.advanceTimersByTimeAsync(5_000)
    expect(asked).toHaveLength(1)
    expect(waiting()).toEqual([])
  })

  it('is left alone by anybody else', async () => {
    left('ann')
    follow('bob')
    await vi.advanceTimersByTimeAsync(60_000)
    expect(asked).toEqual([])
    expect(waiting()).toEqual(['c1'])
  })

  it('may be damaged', () => {
    localStorage.setItem('verax.erasures', '[{"id": 1}, null, "x"]')
    follow()
    expect(waiting()).toEqual([])
    localStorage.setItem('verax.erasures', '{')
    follow()
    expect(waiting()).toEqual([])
  })
})

describe('another tab', () => {
  it('leaves its conversation out of the lists here, and may still undo it', async () => {
    follow()
    localStorage.setItem(
      'verax.erasures',
      JSON.stringify([{ ...one, userId: 'ann', dueMs: Date.now() + UNDO_MS }]),
    )
    window.dispatchEvent(new StorageEvent('storage', { key: 'verax.erasures' }))
    expect(waiting()).toEqual(['c1'])
    localStorage.setItem('verax.erasures', '[]')
    await vi.advanceTimersByTimeAsync(UNDO_MS * 2)
    expect(asked).toEqual([])
  })
})
