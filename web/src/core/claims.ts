/**
 * Verdicts on the sentences of an answer. The server counts characters (code points), this page counts
 * UTF-16 units: every place is translated once.
 */

import type { ClaimBody } from './wire'

export type Verdict = ClaimBody['verdict']

/**
 * How a sentence is shown: its verdict; `contested` where sources disagree about it; `unsure` where nothing could be
 * looked up and only the model's own samples were compared, which is no verdict.
 */
export type Standing = Verdict | 'contested' | 'unsure'

const STANDINGS: readonly Standing[] = [
  'supported',
  'contested',
  'contradicted',
  'not_found',
  'unsure',
  'not_checked',
]

export function standingOf(claim: ClaimBody): Standing {
  if (claim.contested) return 'contested'
  return claim.verdict === 'not_checked' && claim.agreement != null ? 'unsure' : claim.verdict
}

/** A claim with its place in the answer's text, in UTF-16 units. */
export interface PlacedClaim {
  readonly claim: ClaimBody
  readonly from: number
  readonly to: number
}

const known = new WeakMap<ClaimBody, PlacedClaim>()

/** Where a claim stands in `text`; null where the text does not say there what was judged. */
export function placeClaim(text: string, claim: ClaimBody): PlacedClaim | null {
  let placed = known.get(claim)
  if (placed === undefined) {
    const from = unitsOf(text, claim.start)
    placed = { claim, from, to: from + claim.text.length }
  }
  if (text.slice(placed.from, placed.to) !== claim.text) return null
  known.set(claim, placed)
  return placed
}

/** The claims that stand in `text`, in their order there. */
export function placeClaims(text: string, claims: readonly ClaimBody[]): readonly PlacedClaim[] {
  return claims.flatMap((claim) => placeClaim(text, claim) ?? []).sort((one, other) => one.from - other.from)
}

/** Where the character with this number begins. */
function unitsOf(text: string, characters: number): number {
  let at = 0
  for (let count = 0; count < characters && at < text.length; count += 1)
    at += (text.codePointAt(at) ?? 0) > 0xffff ? 2 : 1
  return at
}

/** How many claims stand in which way; what none does is left out. */
export function countStandings(
  claims: readonly ClaimBody[],
): readonly { standing: Standing; count: number }[] {
  return STANDINGS.map((standing) => ({
    standing,
    count: claims.filter((claim) => standingOf(claim) === standing).length,
  })).filter(({ count }) => count > 0)
}

/** The claims that not all of the sources that decide them support. */
export function unsupported(claims: readonly ClaimBody[]): readonly ClaimBody[] {
  return claims.filter((claim) => standingOf(claim) !== 'supported')
}

type Evidence = ClaimBody['evidence'][number]

/** A passage as it is shown: once, with every place of it that decided. */
export interface ShownPassage {
  readonly evidence: Evidence
  readonly parts: readonly { readonly from: number; readonly text: string; readonly isDecisive: boolean }[]
}

/** The passages that decided a claim, in their order; places of one passage on one side belong together. */
export function passagesOf(evidence: readonly Evidence[]): readonly ShownPassage[] {
  const found = new Map<string, Evidence[]>()
  for (const item of evidence) {
    const key = `${item.digest} ${item.passage_start} ${item.supports}`
    found.set(key, [...(found.get(key) ?? []), item])
  }
  return [...found.values()].map((items) => ({ evidence: items[0] as Evidence, parts: partsOf(items) }))
}

function partsOf(items: readonly Evidence[]): ShownPassage['parts'] {
  const letters = [...(items[0]?.passage ?? '')]
  const parts: { from: number; text: string; isDecisive: boolean }[] = []
  const add = (from: number, to: number, isDecisive: boolean) => {
    if (to > from) parts.push({ from, text: letters.slice(from, to).join(''), isDecisive })
  }
  let last = 0
  for (const { start, end } of [...items].sort((one, other) => one.start - other.start)) {
    add(last, start, false)
    add(Math.max(last, start), end, true)
    last = Math.max(last, end)
  }
  add(last, letters.length, false)
  return parts
}
