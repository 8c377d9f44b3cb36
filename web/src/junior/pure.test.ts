import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { findRecognition, listen, type Recognition, type RecognitionKind } from './listening'
import { forgetLast, isReadAloud, keepLast, readLast, readLook, writeLook } from './remembered'
import { chooseVoice } from './speech'
import { minutesLeft, opensText, partLeft } from './times'
import { sentencesOf, wordAt, wordsOf } from './words'

describe('the words of a text', () => {
  const text = 'Bees make  honey. "Why?" asks the owl!\nThey eat it.'
  it('keep their places, with the signs behind them', () => {
    const shown = wordsOf(text).map(({ start, end }) => text.slice(start, end))
    expect(shown).toEqual(['Bees', 'make', 'honey.', '"Why?"', 'asks', 'the', 'owl!', 'They', 'eat', 'it.'])
  })

  it('are found by the place that a voice names, gaps included', () => {
    const words = wordsOf(text)
    expect(wordAt(words, 0)).toBe(0)
    expect(wordAt(words, 5)).toBe(1)
    expect(wordAt(words, 10)).toBe(2)
    expect(wordAt(words, 999)).toBe(-1)
    expect(wordAt([], 0)).toBe(-1)
  })

  it('stand in sentences that begin where the text has them', () => {
    const sentences = sentencesOf(text)
    expect(sentences.map((one) => one.text)).toEqual([
      'Bees make  honey.',
      '"Why?"',
      'asks the owl!',
      'They eat it.',
    ])
    for (const { text: sentence, start } of sentences) expect(text.startsWith(sentence, start)).toBe(true)
    expect(sentencesOf('  \n ')).toEqual([])
    expect(sentencesOf('no sign at the end').map((one) => one.text)).toEqual(['no sign at the end'])
  })
})

describe('chooseVoice', () => {
  const voice = (lang: string, localService: boolean, more = {}) => ({
    lang,
    localService,
    default: false,
    name: lang,
    ...more,
  })
  it('takes a voice of the device only', () => {
    expect(chooseVoice([voice('en-US', false), voice('de-DE', true)])).toBeNull()
    expect(chooseVoice([voice('en-US', false), voice('en-AU', true)])?.lang).toBe('en-AU')
  })
  it('prefers the one that the device prefers', () => {
    expect(chooseVoice([voice('en-GB', true), voice('en-IN', true, { default: true })])?.lang).toBe('en-IN')
    expect(chooseVoice([voice('en-IN', true), voice('en-GB', true)])?.lang).toBe('en-GB')
  })
})

describe('push to talk', () => {
  let made: Recognition[] = []
  const kindThat = (state: string | Error | null): RecognitionKind => {
    class Kind {
      lang = ''
      processLocally = false
      interimResults = true
      onresult: Recognition['onresult'] = null
      onend: Recognition['onend'] = null
      onerror: Recognition['onerror'] = null
      constructor() {
        made.push(this)
      }
      start() {}
      stop() {}
      abort() {}
    }
    if (state === null) return Kind
    return Object.assign(Kind, {
      available: async () => {
        if (state instanceof Error) throw state
        return state
      },
    })
  }
  beforeEach(() => {
    made = []
  })

  it('is there only where the device itself understands', async () => {
    expect(await findRecognition(kindThat('available'))).not.toBeNull()
    for (const state of ['downloadable', 'downloading', 'unavailable', null, new Error('no')])
      expect(await findRecognition(kindThat(state))).toBeNull()
  })

  it('holds the browser to the device, and hands over what was understood', () => {
    const heard: string[] = []
    listen(kindThat('available'), { onHeard: (text) => heard.push(text), onEnd: () => heard.push('end') })
    const [one] = made
    expect(one?.processLocally).toBe(true)
    one?.onresult?.({ results: [[{ transcript: ' why is ' }], [{ transcript: 'the sky blue' }]] })
    one?.onresult?.({ results: [[{ transcript: '  ' }]] })
    one?.onend?.()
    expect(heard).toEqual(['why is  the sky blue', 'end'])
  })
})

describe('time', () => {
  it('is told in steps, never by the second', () => {
    const minute = 60_000
    const told = [43.2, 12.4, 9, 4.1, 1.2, 0.2].map((minutes) => minutesLeft(minutes * minute))
    expect(told).toEqual([45, 15, 10, 5, 2, 1])
    expect(minutesLeft(null)).toBeNull()
  })

  it('is a part of the smaller limit', () => {
    expect(partLeft(600_000, [30, 20])).toBe(0.5)
    expect(partLeft(null, [30])).toBe(1)
    expect(partLeft(600_000, [null, null])).toBe(1)
    expect(partLeft(9_000_000, [30])).toBe(1)
    expect(partLeft(0, [0])).toBe(0)
  })

  it('says when it opens, and whether that is today', () => {
    const noon = new Date(2026, 2, 10, 12).getTime()
    const evening = new Date(2026, 2, 10, 19, 30).getTime()
    const morning = new Date(2026, 2, 11, 7).getTime()
    expect(opensText(evening, noon, 'en-GB')).toEqual({ time: '19:30', isToday: true })
    expect(opensText(morning, noon, 'en-GB').isToday).toBe(false)
  })
})

describe('what is kept on the device', () => {
  afterEach(() => localStorage.clear())

  it('is how the page looks, and small children hear it without asking', () => {
    expect(isReadAloud(readLook(), '2-4')).toBe(true)
    expect(isReadAloud(readLook(), '8-12')).toBe(false)
    writeLook({ isMuted: false, isEasyType: true, isHighContrast: false })
    expect(isReadAloud(readLook(), '8-12')).toBe(true)
    expect(readLook().isEasyType).toBe(true)
  })

  it('is when Junior opens, and nothing that was said', () => {
    keepLast({ standing: { name: 'bedtime', left_ms: 0, opens_ms: 7 } })
    expect(readLast()).toEqual({ opensMs: 7 })
    expect(Object.values({ ...localStorage })).toEqual(['{"opensMs":7}'])
    forgetLast()
    expect(readLast()).toBeNull()
  })

  it('may be damaged', () => {
    localStorage.setItem('verax.junior.look', '{')
    expect(readLook().isEasyType).toBe(false)
  })
})
