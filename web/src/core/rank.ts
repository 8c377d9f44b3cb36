/**
 * How well a name fits what somebody types to find it: a higher number is a better fit, null is none.
 *
 * Every word that was typed must begin a word of the name, else stand inside of it; scripts without spaces have
 * their words everywhere. Names that begin with what was typed come first.
 */
export function rank(name: string, typed: string): number | null {
  const text = fold(name)
  const words = fold(typed).split(/\s+/u).filter(Boolean)
  let score = 0
  for (const word of words) {
    const at = text.indexOf(word)
    if (at < 0) return null
    if (at === 0) score += 3
    else if (isWordStart(text, word)) score += 2
    else score += 1
  }
  // Of two that fit alike the shorter one is meant.
  return score - Math.min(text.length, 100) / 1000
}

/** The items that fit, the best ones first; all of them, in their order, while nothing is typed. */
export function ranked<T>(items: readonly T[], typed: string, nameOf: (item: T) => string): readonly T[] {
  if (typed.trim() === '') return items
  return items
    .map((item) => ({ item, score: rank(nameOf(item), typed) }))
    .filter((one): one is { item: T; score: number } => one.score !== null)
    .toSorted((a, b) => b.score - a.score)
    .map(({ item }) => item)
}

function fold(text: string): string {
  return text
    .normalize('NFKD')
    .replace(/\p{Mn}/gu, '')
    .toLowerCase()
}

function isWordStart(text: string, word: string): boolean {
  for (let at = text.indexOf(word); at >= 0; at = text.indexOf(word, at + 1)) {
    if (!/[\p{L}\p{N}]/u.test(text.charAt(at - 1))) return true
  }
  return false
}
