import { describe, expect, it } from 'vitest'
import { FakeServer } from '@/testing/chat-server'
import {
  cutTo,
  EMPTY_PATH,
  gapIn,
  isContinued,
  type Path,
  trimTo,
  withEnd,
  withPage,
  withRows,
  withSibling,
} from './path'
import type { Message, MessagePage } from './wire'

const conversation = new FakeServer().add(...Array.from({ length: 20 }, (_, index) => `m${index}`))
const whole = conversation.path(conversation.leafId)

function page(from: number, to: number, path: readonly Message[] = whole): MessagePage {
  return {
    conversation: conversation.info(),
    data: path.slice(from, to),
    length: path.length,
    has_older: from > 0,
  }
}

function depths(path: Path): number[] {
  return [...path.rows.keys()].sort((a, b) => a - b)
}

const leafId = conversation.leafId
const newest = withPage(EMPTY_PATH, page(15, 20), leafId)

describe('withPage', () => {
  it('keeps rows above the page that it follows or repeats, and no others', () => {
    const more = withRows(newest, whole.slice(2, 6))
    expect(depths(withPage(more, page(6, 10), leafId))).toEqual([2, 3, 4, 5, 6, 7, 8, 9])
    expect(depths(withPage(more, page(15, 20), leafId))).toEqual([2, 3, 4, 5, 15, 16, 17, 18, 19])
    expect(depths(withPage(more, page(8, 10), leafId))).toEqual([8, 9])
  })

  it('drops rows of the branch that was left', () => {
    const other = new FakeServer().add('x', 'y', 'z')
    const path = withPage(newest, page(1, 3, other.path(other.leafId)), other.leafId)
    expect(depths(path)).toEqual([1, 2])
    expect(path).toMatchObject({ length: 3, leafId: other.leafId })
  })
})

describe('cutTo, withEnd, withSibling', () => {
  it('cut the path, put a message at its end and tell its siblings', () => {
    const cut = cutTo(newest, 17, 'parent')
    expect(cut).toMatchObject({ length: 17, leafId: 'parent' })
    expect(depths(cut)).toEqual([15, 16])
    const message = whole[17] as Message
    expect(withEnd(cut, message)).toMatchObject({ length: 18, leafId: message.id })
    const sibling = { ...message, id: 'other', siblings: [message.id, 'other'] }
    expect(withSibling(newest, sibling).rows.get(17)?.siblings).toEqual([message.id, 'other'])
    expect(withSibling(newest, { ...sibling, parent_id: 'elsewhere' })).toBe(newest)
  })
})

describe('isContinued', () => {
  it('tells a path that goes on from one that was replaced', () => {
    const cut = cutTo(newest, 17, whole[16]?.id ?? '')
    expect(isContinued(cut, newest)).toBe(true)
    expect(isContinued(newest, withRows(newest, whole.slice(0, 5)))).toBe(true)
    expect(isContinued(EMPTY_PATH, newest)).toBe(true)
    expect(isContinued(newest, cut)).toBe(false)
    expect(isContinued(newest, withEnd(newest, { ...(whole[17] as Message), id: 'other' }))).toBe(false)
  })
})

describe('gapIn', () => {
  it('finds the first gap of a span, at most as long as is read at a time', () => {
    const path = withRows(newest, whole.slice(2, 4))
    expect(gapIn(path, { from: -3, to: 30 }, 100)).toEqual({ from: 0, to: 2 })
    expect(gapIn(path, { from: 2, to: 30 }, 100)).toEqual({ from: 4, to: 15 })
    expect(gapIn(path, { from: 2, to: 30 }, 5)).toEqual({ from: 4, to: 9 })
    expect(gapIn(path, { from: 15, to: 30 }, 100)).toBeNull()
  })
})

describe('trimTo', () => {
  it('keeps the rows that are nearest', () => {
    expect(depths(trimTo(withRows(newest, whole.slice(0, 5)), 4, 4))).toEqual([1, 2, 3, 4])
    expect(trimTo(newest, 0, 5)).toBe(newest)
  })
})
