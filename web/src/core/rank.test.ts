// @vitest-environment node
import { describe, expect, it } from 'vitest'
import { rank, ranked } from './rank'

const NAMES = ['Open settings', 'New chat', 'Show or hide the side bar', 'Set the theme', 'Sign out']
const found = (typed: string) => ranked(NAMES, typed, (name) => name)

describe('ranked', () => {
  it('keeps everything, in its order, while nothing is typed', () => {
    expect(found('  ')).toEqual(NAMES)
  })

  it('puts beginnings of names before beginnings of words before the rest', () => {
    expect(found('set')).toEqual(['Set the theme', 'Open settings'])
    expect(found('h')).toEqual(['Show or hide the side bar', 'New chat', 'Set the theme'])
  })

  it('wants every word, in any order, whatever its capitals and accents', () => {
    expect(found('bar HIDE')).toEqual(['Show or hide the side bar'])
    expect(found('hide bat')).toEqual([])
    expect(rank('Café', 'cafe')).not.toBeNull()
  })

  it('finds parts of words that are written without spaces', () => {
    expect(ranked(['显示或隐藏侧边栏', '新对话'], '侧边栏', (name) => name)).toEqual(['显示或隐藏侧边栏'])
  })
})
