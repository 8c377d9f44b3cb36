/**
 * The path of a conversation that is shown: of its `length` messages those rows that are loaded.
 *
 * * A row stands at its depth: the number of messages above it. So loading older rows moves nothing.
 * * What is not loaded is a gap; gaps are filled in any order, from the same path.
 * * A row names its parent, so two rows next to each other are of one path exactly when they say so.
 */

import type { Message, MessagePage } from './wire'

export interface Path {
  /** Messages on the path, loaded or not. */
  readonly length: number
  /** The last of them; empty where there is none. */
  readonly leafId: string
  readonly rows: ReadonlyMap<number, Message>
}

export const EMPTY_PATH: Path = { length: 0, leafId: '', rows: new Map() }

/** The path to `leafId` that a page is of; rows above the page stay when they are on that path too. */
export function withPage(path: Path, page: MessagePage, leafId: string): Path {
  const first = page.data[0]
  if (first === undefined) return { ...EMPTY_PATH, length: page.length, leafId }
  const isSame = path.rows.get(first.depth)?.id === first.id
  const isBelow = first.depth > 0 && path.rows.get(first.depth - 1)?.id === first.parent_id
  const rows = new Map(isSame || isBelow ? rowsAbove(path, first.depth) : [])
  for (const message of page.data) rows.set(message.depth, message)
  return { length: page.length, leafId, rows }
}

/** Fills gaps. */
export function withRows(path: Path, messages: readonly Message[]): Path {
  const rows = new Map(path.rows)
  for (const message of messages) rows.set(message.depth, message)
  return { ...path, rows }
}

/** The path that goes down to `message`, whose parent is on it. */
export function withEnd(path: Path, message: Message): Path {
  const rows = new Map(rowsAbove(path, message.depth))
  rows.set(message.depth, message)
  return { length: message.depth + 1, leafId: message.id, rows }
}

/** The first `length` messages; `leafId` is the last of them. */
export function cutTo(path: Path, length: number, leafId: string): Path {
  return { length, leafId, rows: new Map(rowsAbove(path, length)) }
}

/** Lets the row at the place of `message` know of its new sibling. */
export function withSibling(path: Path, message: Message): Path {
  const shown = path.rows.get(message.depth)
  if (shown === undefined || shown.parent_id !== message.parent_id || shown.id === message.id) return path
  return withRows(path, [{ ...shown, siblings: message.siblings }])
}

/** Whether `after` goes on where `before` ended, or ends there still: nothing of it was replaced. */
export function isContinued(before: Path, after: Path): boolean {
  if (before.leafId === after.leafId || before.length === 0) return true
  return after.rows.get(before.length - 1)?.id === before.leafId
}

export interface Span {
  /** First depth. */
  readonly from: number
  /** Behind the last depth. */
  readonly to: number
}

/** The first gap in a span, as long as it is and at most `limit` rows; null where all is loaded. */
export function gapIn(path: Path, span: Span, limit: number): Span | null {
  const end = Math.min(span.to, path.length)
  for (let from = Math.max(span.from, 0); from < end; from++) {
    if (path.rows.has(from)) continue
    let to = from + 1
    while (to < end && to - from < limit && !path.rows.has(to)) to++
    return { from, to }
  }
  return null
}

/** The path with at most `limit` rows, the ones nearest to `depth`. */
export function trimTo(path: Path, depth: number, limit: number): Path {
  if (path.rows.size <= limit) return path
  const nearest = [...path.rows].sort(([a], [b]) => Math.abs(a - depth) - Math.abs(b - depth))
  return { ...path, rows: new Map(nearest.slice(0, limit)) }
}

function rowsAbove(path: Path, depth: number): [number, Message][] {
  return [...path.rows].filter(([at]) => at < depth)
}
