// @vitest-environment node
import { describe, expect, it } from 'vitest'
import { highlighted, isSearchable } from './highlight'

const marked = (text: string, search: string) =>
  highlighted(text, search)
    .map(({ text: part, isMatch }) => (isMatch ? `[${part}]` : part))
    .join('')

describe('highlighted', () => {
  it('marks every word wherever it stands, whatever its capitals', () => {
    expect(marked('Hamlet and hamlets, by WS', 'hamlet ws')).toBe('[Hamlet] and [hamlet]s, by [WS]')
    expect(marked('谁写了《哈姆雷特》', '哈姆雷特')).toBe('谁写了《[哈姆雷特]》')
    expect(marked('ÉTÉ', 'été')).toBe('[ÉTÉ]')
  })

  it('takes what was typed as text, not as a pattern', () => {
    expect(marked('a.b (c) a-b', 'a.b (c)')).toBe('[a.b] [(c)] a-b')
    expect(marked('C:\\dir', '\\')).toBe('C:[\\]dir')
  })

  it('marks the longer of two words that begin alike', () => {
    expect(marked('now or no', 'no now')).toBe('[now] or [no]')
  })

  it('never loses a character', () => {
    for (const search of ['', ' ', 'a', 'ab', 'b a'])
      expect(marked('abc', search).replace(/[[\]]/g, '')).toBe('abc')
    expect(highlighted('', 'a')).toEqual([])
  })
})

describe('isSearchable', () => {
  it('wants two letters, or one sign where one is a word', () => {
    expect(isSearchable('a ')).toBe(false)
    expect(isSearchable('ab')).toBe(true)
    expect(isSearchable('诗')).toBe(true)
    expect(isSearchable('  ')).toBe(false)
  })
})
