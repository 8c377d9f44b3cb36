// @vitest-environment node
import { describe, expect, it } from 'vitest'
import { type DiffLine, diffOf, MAX_EDITS } from './line-diff'

const MANY = 50_000
const numbered = (count: number, word = 'line') => Array.from({ length: count }, (_, at) => `${word} ${at}`)
const textOf = (lines: readonly string[]) => `${lines.join('\n')}\n`
const only = (lines: readonly DiffLine[], kind: DiffLine['kind']) =>
  lines.filter((line) => line.kind === kind).map(({ text }) => text)

describe('two texts line by line', () => {
  it('show what went and what came, between the lines around them', () => {
    const before = numbered(20)
    const after = before.with(10, 'another')
    const { lines, isCompared } = diffOf(textOf(before), textOf(after))
    expect(isCompared).toBe(true)
    expect(lines.map(({ kind, text }) => [kind, text])).toEqual([
      ['same', null],
      ['same', 'line 7'],
      ['same', 'line 8'],
      ['same', 'line 9'],
      ['removed', 'line 10'],
      ['added', 'another'],
      ['same', 'line 11'],
      ['same', 'line 12'],
      ['same', 'line 13'],
      ['same', null],
    ])
  })

  it('are all new where there was none, and all gone where there is none', () => {
    expect(diffOf(null, 'a\nb').lines).toEqual([
      { kind: 'added', text: 'a' },
      { kind: 'added', text: 'b' },
    ])
    expect(diffOf('a', null).lines).toEqual([{ kind: 'removed', text: 'a' }])
    expect(diffOf('same', 'same').lines).toEqual([{ kind: 'same', text: 'same' }])
  })

  it('keep a line apart that stands twice: the end is not taken for the beginning', () => {
    expect(diffOf('a\na', 'a').lines.map(({ kind }) => kind)).toEqual(['same', 'removed'])
    expect(diffOf('a', 'a\na').lines.map(({ kind }) => kind)).toEqual(['same', 'added'])
  })

  it('of 50,000 lines with a few edits are compared line by line', () => {
    const before = numbered(MANY)
    const after = before.with(5, 'first').with(MANY - 5, 'last')
    const { lines, isCompared } = diffOf(textOf(before), textOf(after))
    expect(isCompared).toBe(true)
    expect(only(lines, 'added')).toEqual(['first', 'last'])
    expect(lines.length).toBeLessThan(30)
  })

  it('of 50,000 lines that all came are shown whole, and were compared', () => {
    const { lines, isCompared } = diffOf('a\nz', textOf(['a', ...numbered(MANY), 'z']))
    expect(isCompared).toBe(true)
    expect(only(lines, 'added')).toEqual(numbered(MANY))
    expect(only(lines, 'removed')).toEqual([])
  })

  it('that are too far apart to be compared are shown whole, and say so', () => {
    const before = numbered(MANY, 'old').flatMap((line, at) => (at % 3 === 0 ? ['same', line] : [line]))
    const after = numbered(MANY, 'new').flatMap((line, at) => (at % 5 === 0 ? ['same', line] : [line]))
    const { lines, isCompared } = diffOf(textOf(before), textOf(after))
    expect(isCompared).toBe(false)
    const common = before[0] === after[0] ? 1 : 0
    expect(only(lines, 'removed')).toEqual(before.slice(common))
    expect(only(lines, 'added')).toEqual(after.slice(common))
  })

  it('give back both texts, whatever they are, up to what stayed', () => {
    const words = ['a', 'b', 'c', '']
    let state = 7
    const next = (below: number) => {
      state = (state * 48_271) % 2_147_483_647
      return state % below
    }
    for (let round = 0; round < 200; round += 1) {
      const make = () => Array.from({ length: next(9) }, () => words[next(words.length)] ?? '').join('\n')
      const [before, after] = [make(), make()]
      const { lines } = diffOf(before, after)
      if (lines.some(({ text }) => text === null)) continue
      const kept = (kind: DiffLine['kind']) =>
        lines.filter((line) => line.kind !== kind).map(({ text }) => text)
      const split = (text: string) => (text === '' ? [] : text.replace(/\n$/, '').split('\n'))
      expect(kept('added'), JSON.stringify([before, after])).toEqual(split(before))
      expect(kept('removed'), JSON.stringify([before, after])).toEqual(split(after))
    }
  })

  it('take at most the edits that are named', () => {
    const short = numbered(MAX_EDITS / 2 - 1, 'old').flatMap((line, at) => [line, `same ${at}`])
    const other = numbered(MAX_EDITS / 2 - 1, 'new').flatMap((line, at) => [line, `same ${at}`])
    expect(diffOf(textOf(short), textOf(other)).isCompared).toBe(true)
    const long = numbered(MAX_EDITS, 'old').flatMap((line, at) => [line, `same ${at}`])
    const far = numbered(MAX_EDITS, 'new').flatMap((line, at) => [line, `same ${at}`])
    expect(diffOf(textOf(long), textOf(far)).isCompared).toBe(false)
  })
})
