/** Which parts of a text a search found. */

export interface Piece {
  readonly text: string
  readonly isMatch: boolean
}

const SPECIAL = /[.*+?^${}()|[\]\\]/g

/** The text in pieces, those that hold one of the searched words marked; capital letters do not count. */
export function highlighted(text: string, search: string): readonly Piece[] {
  const words = search.split(/\s+/u).filter(Boolean)
  if (words.length === 0) return text === '' ? [] : [{ text, isMatch: false }]
  // The longest first: of "no" and "now" the whole word is marked.
  const longestFirst = words.toSorted((a, b) => b.length - a.length)
  const pattern = new RegExp(
    `(${longestFirst.map((word) => word.replace(SPECIAL, '\\$&')).join('|')})`,
    'giu',
  )
  return text
    .split(pattern)
    .map((part, index) => ({ text: part, isMatch: index % 2 === 1 }))
    .filter((piece) => piece.text !== '')
}

const HAN = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}]/u

/** Whether there is enough to search for: two letters, or one sign of a script that writes words in one or two. */
export function isSearchable(search: string): boolean {
  const text = search.trim()
  return text.length >= 2 || HAN.test(text)
}
