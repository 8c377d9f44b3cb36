/** Two texts compared word by word, each with what stands in it alone marked; pure. */

import { diffWordsWithSpace } from 'diff'

/** Edits beyond which two texts are another text altogether: marking every word says nothing, and costs much. */
const MAX_EDITS = 400

export interface Run {
  readonly text: string
  /** Whether the other text lacks it. */
  readonly isMarked: boolean
}

export interface WordDiff {
  readonly before: readonly Run[]
  readonly after: readonly Run[]
}

export function wordDiff(before: string, after: string): WordDiff {
  const changes = diffWordsWithSpace(before, after, { maxEditLength: MAX_EDITS })
  if (changes === undefined) {
    return { before: [{ text: before, isMarked: true }], after: [{ text: after, isMarked: true }] }
  }
  return {
    before: changes.flatMap(({ value, added, removed }) =>
      added ? [] : [{ text: value, isMarked: removed }],
    ),
    after: changes.flatMap(({ value, added, removed }) =>
      removed ? [] : [{ text: value, isMarked: added }],
    ),
  }
}
