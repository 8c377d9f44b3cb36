// @vitest-environment node
import { describe, expect, it } from 'vitest'
import type { Conversation } from '@/core/wire'
import { linesOf } from './lines'

const NOW = new Date('2026-11-26T12:00:00').getTime()
const HOUR = 3_600_000

function talk(id: string, hoursAgo: number, isPinned = false): Conversation {
  return { id, updated_ms: NOW - hoursAgo * HOUR, is_pinned: isPinned } as Conversation
}

const shown = (list: Conversation[]) =>
  linesOf(list, NOW).map((line) => (line.type === 'heading' ? `# ${line.period}` : line.key))

describe('linesOf', () => {
  it('puts pinned ones first, then the latest, with one heading for each period', () => {
    expect(shown([talk('p', 5000, true), talk('a', 1), talk('b', 2), talk('c', 20), talk('d', 100)])).toEqual(
      ['# pinned', 'p', '# today', 'a', 'b', '# yesterday', 'c', '# week', 'd'],
    )
  })

  it('moves one that was just pinned before the server has said its order', () => {
    expect(shown([talk('a', 1), talk('b', 2, true)])).toEqual(['# pinned', 'b', '# today', 'a'])
  })

  it('is empty for nothing', () => {
    expect(shown([])).toEqual([])
  })
})
