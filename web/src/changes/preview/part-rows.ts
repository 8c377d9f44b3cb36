/** The parts of two prompts brought into rows: what stayed, what changed, what only one of them has; pure. */

import { diffArrays } from 'diff'
import type { PromptPart } from '@/core/wire'

/** `before` and `after` are one and the same where the part stayed; null where the prompt has no such part. */
export interface Row {
  readonly kind: 'same' | 'changed' | 'removed' | 'added'
  readonly before: PromptPart | null
  readonly after: PromptPart | null
}

/** A stretch of rows; of a long one that stayed only the ends are shown at once. */
export interface Stretch {
  readonly isFolded: boolean
  readonly rows: readonly Row[]
}

/** Rows that stay in sight on either side of a difference. */
const CONTEXT = 2

/**
 * Aligns the parts of two prompts.
 *
 * A part that went and one that came in the same place are one that changed where author and role are the same.
 */
export function rowsOf(before: readonly PromptPart[], after: readonly PromptPart[]): Row[] {
  const rows: Row[] = []
  let gone: PromptPart[] = []
  const flush = () => {
    rows.push(...gone.map((part) => ({ kind: 'removed' as const, before: part, after: null })))
    gone = []
  }
  for (const { value, added, removed } of diffArrays([...before], [...after], { comparator: isSame })) {
    if (removed) gone = value
    else if (added) {
      rows.push(...paired(gone, value))
      gone = []
    } else {
      flush()
      rows.push(...value.map((part) => ({ kind: 'same' as const, before: part, after: part })))
    }
  }
  flush()
  return rows
}

/** Parts rows into stretches; what is folded is at least `CONTEXT` rows away from every difference. */
export function stretchesOf(rows: readonly Row[]): Stretch[] {
  const near = rows.map((_, at) =>
    rows.slice(Math.max(0, at - CONTEXT), at + CONTEXT + 1).some(({ kind }) => kind !== 'same'),
  )
  const hasDifference = near.includes(true)
  const stretches: Stretch[] = []
  let start = 0
  for (let at = 1; at <= rows.length; at++) {
    if (at < rows.length && near[at] === near[start]) continue
    const part = rows.slice(start, at)
    // Hiding one row saves nothing; and where nothing differs, all is there to be read.
    stretches.push({ isFolded: hasDifference && near[start] === false && part.length > 1, rows: part })
    start = at
  }
  return stretches
}

function isSame(one: PromptPart, other: PromptPart): boolean {
  return one.by === other.by && one.role === other.role && one.text === other.text
}

function paired(gone: readonly PromptPart[], come: readonly PromptPart[]): Row[] {
  const rows: Row[] = []
  let at = 0
  for (const part of come) {
    const found = gone.findIndex(
      (other, index) => index >= at && other.by === part.by && other.role === part.role,
    )
    if (found < 0) {
      rows.push({ kind: 'added', before: null, after: part })
      continue
    }
    for (const other of gone.slice(at, found)) rows.push({ kind: 'removed', before: other, after: null })
    rows.push({ kind: 'changed', before: gone[found] ?? null, after: part })
    at = found + 1
  }
  for (const other of gone.slice(at)) rows.push({ kind: 'removed', before: other, after: null })
  return rows
}
