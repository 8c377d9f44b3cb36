import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { PAUSES_MS, retrying, watchStyleSheets } from './chunks'

const sources = Object.entries(
  import.meta.glob<string>('../**/*.{ts,tsx}', { eager: true, query: '?raw', import: 'default' }),
).filter(([path]) => !/\.test\.tsx?$|\/testing\/|chunks\.ts$/.test(path))

/** A load that fails some times before it works. */
function failing(times: number) {
  let left = times
  return vi.fn(async () => {
    left -= 1
    if (left >= 0) throw new Error('the connection broke')
    return 'the part'
  })
}

describe('retrying', () => {
  beforeEach(() => vi.useFakeTimers())
  afterEach(() => vi.useRealTimers())

  it('asks once for what comes', async () => {
    const load = failing(0)
    expect(await retrying(load)).toBe('the part')
    expect(load).toHaveBeenCalledTimes(1)
  })

  it('asks again after a pause for what failed', async () => {
    const load = failing(PAUSES_MS.length)
    const part = retrying(load)
    await vi.runAllTimersAsync()
    expect(await part).toBe('the part')
    expect(load).toHaveBeenCalledTimes(PAUSES_MS.length + 1)
  })

  it('throws the error of the last try', async () => {
    const load = failing(PAUSES_MS.length + 1)
    const part = expect(retrying(load)).rejects.toThrow('the connection broke')
    await vi.runAllTimersAsync()
    await part
    expect(load).toHaveBeenCalledTimes(PAUSES_MS.length + 1)
  })

  it('asks again for a style sheet that failed before it asks for the part', async () => {
    watchStyleSheets()
    const link = document.createElement('link')
    link.rel = 'stylesheet'
    link.href = '/assets/part.css'
    document.head.append(link)
    link.dispatchEvent(new Event('error'))
    const load = failing(0)
    const part = retrying(load)
    const again = document.querySelector('link[href="/assets/part.css"]')
    expect(again).not.toBe(link)
    expect(load).not.toHaveBeenCalled()
    again?.dispatchEvent(new Event('load'))
    expect(await part).toBe('the part')
    again?.remove()
  })
})

describe('every part of the app', () => {
  it('is loaded by retrying', () => {
    const bare = sources.flatMap(([path, source]) =>
      source
        .replaceAll(/^type .*/gm, '')
        .replaceAll(/retrying\(\(\) =>\s*import\(/g, '')
        .split('\n')
        .filter((line) => /\bimport\(/.test(line))
        .map((line) => `${path}: ${line}`),
    )
    expect(bare).toEqual([])
  })
})
