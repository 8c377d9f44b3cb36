/**
 * Bans: sentences that were rolled back, kept as digests and found again (clause 8).
 *
 * - `normalise` is NFKC, case folding, look-alikes, letters and digits only. Marks fall away with what is
 *   neither.
 * - A rollback takes the sentences that the bad release added against its base, drops those under 6 words, and
 *   keeps the digest of the normalised text with its length. A sentence whose letters stand in the base was
 *   not added.
 * - A ban is found wherever its letters stand, whatever sentences begin or end around them.
 *
 * Not caught: paraphrase, translation, encodings, weights.
 */

import { hex, utf8 } from '../bytes'
import { taggedHash } from '../hash'
import { foldCharacter, LOOK_ALIKES } from './characters'

export const MIN_WORDS = 6
const ANCHOR_LENGTH = 6 // six words have at least six letters

export interface Ban {
  /** The fragment id that a review names to let it back in. */
  digest: string
  /** Characters of the normalised sentence. */
  length: number
  /** Its first characters: what is looked for before anything is hashed. */
  anchor: string
}

// Python's `\w` without the underscore, and its `\s`.
const NEITHER = /[^\p{L}\p{N}]+/gu
const SPACE = '\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000'
const SENTENCE_END = new RegExp(`(?<=[.!?…])[${SPACE}]+|[\\n\\r\\u2028\\u2029]+|(?<=[。！？])`, 'u')
// Scripts without spaces between words: each character counts as a word.
const UNSPACED =
  '\\u0e00-\\u0eff\\u1000-\\u109f\\u1780-\\u17ff\\u3040-\\u30ff\\u3400-\\u4dbf\\u4e00-\\u9fff\\uf900-\\ufaff'
const WORD = new RegExp(`[${UNSPACED}]|(?:(?![${UNSPACED}])[\\p{L}\\p{N}])+`, 'gu')

/** Return a text as bans see it. */
export function normalise(text: string): string {
  const folded = Array.from(text.normalize('NFKC'), foldCharacter).join('')
  const plain = Array.from(folded.normalize('NFD'), (char) => LOOK_ALIKES.get(char) ?? char).join('')
  return plain.replace(NEITHER, '').normalize('NFC')
}

/** Return the bans of a rollback: sentences of the bad release that its base did not hold. */
export function fragmentsOf(bad: readonly string[], base: readonly string[]): Ban[] {
  const known = base.map(normalise)
  const bans = new Map<string, Ban>()
  for (const { norm } of sentencesOf(bad)) {
    const chars = [...norm]
    if (known.some((text) => text.includes(norm))) continue
    const digest = digestOfNorm(norm)
    bans.set(digest, { digest, length: chars.length, anchor: chars.slice(0, ANCHOR_LENGTH).join('') })
  }
  return [...bans.values()]
}

/** Return the sentences of `texts` whose digest is among `wanted`, as they are written there. */
export function sentencesBanned(
  texts: readonly string[],
  wanted: ReadonlySet<string>,
): ReadonlyMap<string, string> {
  const found = [...sentencesOf(texts)].map(({ text, norm }) => [digestOfNorm(norm), text] as const)
  return new Map(found.filter(([digest]) => wanted.has(digest)))
}

/** The sentences that are long enough for a ban, each as it is written and as bans see it. */
function* sentencesOf(texts: readonly string[]): Generator<{ text: string; norm: string }> {
  for (const text of texts.flatMap((one) => one.split(SENTENCE_END))) {
    if ((text.match(WORD) ?? []).length < MIN_WORDS) continue
    const norm = normalise(text)
    // Marks of some scripts count as words above and fall away in norm.
    if ([...norm].length >= ANCHOR_LENGTH) yield { text, norm }
  }
}

/** Return the digests of the bans that stand in any of `texts`, each text for itself. */
export function findHits(texts: readonly string[], bans: readonly Ban[]): Set<string> {
  const hits = new Set<string>()
  if (bans.length === 0) return hits
  const byAnchor = new Map<string, Ban[]>()
  for (const ban of bans) byAnchor.set(ban.anchor, [...(byAnchor.get(ban.anchor) ?? []), ban])
  for (const norm of new Set(texts.map(normalise))) {
    const chars = [...norm]
    for (let start = 0; start + ANCHOR_LENGTH <= chars.length; start += 1) {
      const candidates = byAnchor.get(chars.slice(start, start + ANCHOR_LENGTH).join('')) ?? []
      for (const { digest, length } of candidates)
        if (!hits.has(digest) && digestOfNorm(chars.slice(start, start + length).join('')) === digest)
          hits.add(digest)
    }
  }
  return hits
}

function digestOfNorm(norm: string): string {
  return hex(taggedHash('verax/ban/v1', utf8(norm)))
}
