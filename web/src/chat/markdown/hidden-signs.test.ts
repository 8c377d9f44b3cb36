import { describe, expect, it } from 'vitest'
import { hasHiddenSigns, piecesOf } from './hidden-signs'

describe('piecesOf', () => {
  it('names signs that the eye does not see', () => {
    expect(piecesOf('a\u202eb\u200b')).toEqual([
      { text: 'a', isHidden: false },
      { text: 'U+202E', isHidden: true },
      { text: 'b', isHidden: false },
      { text: 'U+200B', isHidden: true },
    ])
    expect(piecesOf('\u{e0041}').map(({ text }) => text)).toEqual(['U+E0041'])
  })

  it('finds joiners between Latin letters only', () => {
    expect(hasHiddenSigns('pay\u200dpal')).toBe(true)
    expect(hasHiddenSigns('👩\u200d🚀')).toBe(false)
    expect(hasHiddenSigns('می\u200cخواهم')).toBe(false)
  })

  it('leaves line ends, tabs and all writing alone', () => {
    expect(hasHiddenSigns('a\tb\r\nc 世界 שלום مرحبا नमस्ते é e\u0301')).toBe(false)
    expect(piecesOf('')).toEqual([])
  })
})
