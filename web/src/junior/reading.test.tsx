import { render } from '@testing-library/react'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { readAloud } from './speech'
import { Words } from './Words'

/** A voice that says what it is given when it is told to: this machine has none. */
class Utterance {
  voice: unknown = null
  lang = ''
  rate = 1
  onstart: (() => void) | null = null
  onboundary: ((event: { charIndex: number; name: string }) => void) | null = null
  onend: (() => void) | null = null
  onerror: (() => void) | null = null
  readonly text: string
  constructor(text: string) {
    this.text = text
  }
}

let spoken: Utterance[] = []
const voice = { lang: 'en-GB', localService: true } as SpeechSynthesisVoice

beforeEach(() => {
  spoken = []
  vi.stubGlobal('SpeechSynthesisUtterance', Utterance)
  vi.stubGlobal('speechSynthesis', { speak: (one: Utterance) => spoken.push(one), cancel: () => {} })
})
afterEach(() => vi.unstubAllGlobals())

const TEXT = 'The owl sleeps. It is day!'

describe('reading aloud', () => {
  it('says sentence after sentence, and where it is in the whole text', () => {
    const places: (number | null)[] = []
    readAloud(TEXT, voice, { onPlace: (at) => places.push(at) })
    expect(spoken.map(({ text }) => text)).toEqual(['The owl sleeps.', 'It is day!'])
    const [first, second] = spoken
    first?.onstart?.()
    first?.onboundary?.({ charIndex: 4, name: 'word' })
    first?.onboundary?.({ charIndex: 0, name: 'sentence' })
    first?.onend?.()
    second?.onboundary?.({ charIndex: 3, name: 'word' })
    second?.onend?.()
    expect(places).toEqual([0, 4, 19, null])
  })

  it('marks nothing any more once it was stopped', () => {
    const places: (number | null)[] = []
    const stop = readAloud(TEXT, voice, { onPlace: (at) => places.push(at) })
    stop()
    spoken[0]?.onboundary?.({ charIndex: 4, name: 'word' })
    spoken[1]?.onend?.()
    expect(places).toEqual([null])
  })
})

describe('the words of a reply', () => {
  it('are the text itself, with the spoken word marked and no other', () => {
    const marked = (place: number | null) => {
      const { container, unmount } = render(<Words text={TEXT} place={place} />)
      expect(container.textContent).toBe(TEXT)
      const found = [...container.querySelectorAll('[data-now]')].map((one) => one.textContent)
      unmount()
      return found
    }
    expect(marked(null)).toEqual([])
    expect(marked(4)).toEqual(['owl'])
    expect(marked(19)).toEqual(['is'])
  })

  it('are text, whatever stands in them', () => {
    const { container } = render(<Words text={'<b onclick="x">no</b> markup'} place={0} />)
    expect(container.querySelector('b')).toBeNull()
  })
})
