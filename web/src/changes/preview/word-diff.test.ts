// @vitest-environment node
import { describe, expect, it } from 'vitest'
import { type Run, wordDiff } from './word-diff'

const marked = (runs: readonly Run[]) => runs.filter(({ isMarked }) => isMarked).map(({ text }) => text)
const whole = (runs: readonly Run[]) => runs.map(({ text }) => text).join('')

describe('two texts word by word', () => {
  it('mark what the other one lacks', () => {
    const diff = wordDiff('I am brief.', 'I am kind.')
    expect(marked(diff.before)).toEqual(['brief'])
    expect(marked(diff.after)).toEqual(['kind'])
  })

  it('lose no character', () => {
    const before = 'One  two\n\nthree – ünïcode 中文。'
    const after = 'One two\nthree – unicode 中文！ and more'
    const diff = wordDiff(before, after)
    expect(whole(diff.before)).toBe(before)
    expect(whole(diff.after)).toBe(after)
  })

  it('mark nothing in the same text', () => {
    expect(marked(wordDiff('Hello there', 'Hello there').before)).toEqual([])
  })

  it('are marked whole when they have next to nothing in common', () => {
    const text = (word: string) => Array.from({ length: 2_000 }, (_, at) => `${word}${at}`).join(' ')
    expect(wordDiff(text('a'), text('b')).before).toEqual([{ text: text('a'), isMarked: true }])
  })
})
