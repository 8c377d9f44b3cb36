// @vitest-environment node
import { describe, expect, it } from 'vitest'
import type { PromptPart } from '@/core/wire'
import { rowsOf, stretchesOf } from './part-rows'

const part = (
  text: string,
  by: PromptPart['by'] = 'user',
  role: PromptPart['role'] = 'user',
): PromptPart => ({
  by,
  role,
  text,
})
const kinds = (before: PromptPart[], after: PromptPart[]) => rowsOf(before, after).map(({ kind }) => kind)

describe('the parts of two prompts', () => {
  it('stay where author, role and text are the same', () => {
    expect(kinds([part('one'), part('two')], [part('one'), part('two')])).toEqual(['same', 'same'])
  })

  it('are one that changed where author and role stay', () => {
    const rows = rowsOf(
      [part('Be brief.', 'release', 'system'), part('Hello')],
      [part('Be kind.', 'release', 'system'), part('Hello')],
    )
    expect(rows[0]).toEqual({
      kind: 'changed',
      before: part('Be brief.', 'release', 'system'),
      after: part('Be kind.', 'release', 'system'),
    })
    expect(rows[1]?.kind).toBe('same')
  })

  it('went and came where another wrote them', () => {
    expect(kinds([part('text', 'assistant')], [part('text', 'app')])).toEqual(['added', 'removed'])
  })

  it('keep the order of both prompts', () => {
    const before = [part('a'), part('rule', 'release', 'system'), part('b')]
    const after = [part('a'), part('b'), part('new', 'release', 'system')]
    const rows = rowsOf(before, after)
    expect(rows.flatMap((row) => (row.before === null ? [] : [row.before]))).toEqual(before)
    expect(rows.flatMap((row) => (row.after === null ? [] : [row.after]))).toEqual(after)
  })

  it('all come where there was no prompt before', () => {
    expect(kinds([], [part('one'), part('two')])).toEqual(['added', 'added'])
  })
})

describe('stretches of rows', () => {
  const many = Array.from({ length: 20 }, (_, at) => part(`line ${at}`))

  it('fold a long part that stays, and keep what lies next to a difference in sight', () => {
    const stretches = stretchesOf(rowsOf([part('old'), ...many], [part('new'), ...many]))
    expect(stretches.map(({ isFolded, rows }) => [isFolded, rows.length])).toEqual([
      [false, 3],
      [true, 18],
    ])
  })

  it('fold nothing where nothing differs, and lose no row', () => {
    expect(stretchesOf(rowsOf(many, many))).toEqual([{ isFolded: false, rows: rowsOf(many, many) }])
    expect(stretchesOf([])).toEqual([])
  })
})
