import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { type Call, json, refusal, serve } from '@/testing/server'
import { preferences } from './preferences'
import { followSettings } from './settings'

const stored = { language: 'zh', theme: 'dark', channel: '', send_key: 'mod_enter' }
let stop = () => {}

const written = (calls: readonly Call[]) =>
  calls.filter(({ method }) => method === 'PUT').map(({ body }) => body)

beforeEach(() => {
  vi.useFakeTimers()
  preferences.setState(preferences.getInitialState(), true)
})
afterEach(() => {
  stop()
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

describe('followSettings', () => {
  it('applies what the server has, and writes what changes, once for a burst', async () => {
    const calls = serve({ 'GET /v1/account/settings': json(stored), 'PUT /v1/account/settings': json({}) })
    stop = followSettings()
    await vi.advanceTimersByTimeAsync(0)
    expect(preferences.getState()).toMatchObject({
      language: 'zh',
      theme: 'dark',
      sendKey: 'mod_enter',
      channel: '',
    })
    expect(written(calls)).toEqual([])
    preferences.getState().set({ theme: 'light' })
    preferences.getState().set({ language: 'en' })
    preferences.getState().set({ textSize: 'large' })
    await vi.advanceTimersByTimeAsync(1000)
    expect(written(calls)).toEqual([expect.objectContaining({ language: 'en', theme: 'light' })])
  })

  it('keeps the language of this browser where none was chosen', async () => {
    preferences.getState().set({ language: 'zh' })
    serve({ 'GET /v1/account/settings': json({ ...stored, language: '' }) })
    stop = followSettings()
    await vi.advanceTimersByTimeAsync(0)
    expect(preferences.getState().language).toBe('zh')
  })

  it('writes nothing over settings that it could not read', async () => {
    const calls = serve({ 'GET /v1/account/settings': refusal(503, 'storage/unavailable') })
    stop = followSettings()
    await vi.advanceTimersByTimeAsync(0)
    preferences.getState().set({ theme: 'dark' })
    await vi.advanceTimersByTimeAsync(1000)
    expect(written(calls)).toEqual([])
  })

  it('tries again with the next change after one could not be written', async () => {
    const answers = [refusal(503, 'storage/unavailable'), json({})]
    const calls = serve({
      'GET /v1/account/settings': json(stored),
      'PUT /v1/account/settings': () => answers.shift() ?? json({}),
    })
    stop = followSettings()
    await vi.advanceTimersByTimeAsync(0)
    preferences.getState().set({ theme: 'light' })
    await vi.advanceTimersByTimeAsync(1000)
    preferences.getState().set({ channel: 'tiny' })
    await vi.advanceTimersByTimeAsync(1000)
    expect(written(calls)).toEqual([
      expect.objectContaining({ theme: 'light', channel: '' }),
      expect.objectContaining({ theme: 'light', channel: 'tiny' }),
    ])
  })
})
