/**
 * Sentences with a verdict, marked in the elements of a block: their texts stand in `claim-text`, and behind the last
 * of them is a `claim-mark`. Places are those of the source, so only text that stands there as it is written is
 * marked; nothing is searched for.
 */

import type { Element, ElementContent, Root, Text } from 'hast'
import type { PlacedClaim } from '@/core/claims'

declare module 'hast' {
  interface ElementData {
    claim?: PlacedClaim
  }
}

interface Piece {
  readonly text: string
  readonly claim: PlacedClaim | null
}

/**
 * The same tree with claims marked.
 *
 * @param base Where offset 0 of the tree's positions lies in the text.
 * @param claims In their order in the text.
 */
export function withClaims(root: Root, base: number, claims: readonly PlacedClaim[]): Root {
  if (claims.length === 0) return root
  const last = new Map<PlacedClaim, Text>()
  for (const node of textsIn(root))
    for (const { claim } of piecesOf(node, base, claims)) if (claim !== null) last.set(claim, node)
  return { ...root, children: marked(root.children as ElementContent[], base, claims, last) }
}

function marked(
  nodes: readonly ElementContent[],
  base: number,
  claims: readonly PlacedClaim[],
  last: ReadonlyMap<PlacedClaim, Text>,
): ElementContent[] {
  return nodes.flatMap((node): ElementContent[] => {
    if (node.type === 'text') return textOf(node, base, claims, last)
    if (node.type !== 'element') return [node]
    const children = marked(node.children, base, claims, last)
    if (node.tagName !== 'a') return [{ ...node, children }]
    // A button within a link would be neither.
    const isMark = (child: ElementContent) => child.type === 'element' && child.tagName === 'claim-mark'
    return [{ ...node, children: children.filter((child) => !isMark(child)) }, ...children.filter(isMark)]
  })
}

function textOf(
  node: Text,
  base: number,
  claims: readonly PlacedClaim[],
  last: ReadonlyMap<PlacedClaim, Text>,
): ElementContent[] {
  return piecesOf(node, base, claims).flatMap(({ text, claim }): ElementContent[] => {
    if (claim === null) return [{ type: 'text', value: text }]
    const drawn: ElementContent[] = [element('claim-text', claim, [{ type: 'text', value: text }])]
    return last.get(claim) === node ? [...drawn, element('claim-mark', claim, [])] : drawn
  })
}

function element(tagName: string, claim: PlacedClaim, children: ElementContent[]): Element {
  return { type: 'element', tagName, properties: {}, data: { claim }, children }
}

/** The text of a node, cut where claims begin and end; whole where it is not written as it stands in the source. */
function piecesOf(node: Text, base: number, claims: readonly PlacedClaim[]): Piece[] {
  const whole = [{ text: node.value, claim: null }]
  const from = node.position?.start.offset
  const to = node.position?.end.offset
  if (from === undefined || to === undefined) return whole
  const near = claims.filter((claim) => claim.from < base + to && claim.to > base + from)
  if (near.length === 0) return whole
  if (to - from !== node.value.length) {
    const around = near.find((claim) => claim.from <= base + from && claim.to >= base + to)
    return [{ text: node.value, claim: around ?? null }]
  }
  const pieces: Piece[] = []
  let at = 0
  for (const claim of near) {
    const begin = Math.max(at, claim.from - base - from)
    const end = Math.min(node.value.length, claim.to - base - from)
    if (begin > at) pieces.push({ text: node.value.slice(at, begin), claim: null })
    if (end > begin) pieces.push({ text: node.value.slice(begin, end), claim })
    at = Math.max(at, end)
  }
  if (at < node.value.length) pieces.push({ text: node.value.slice(at), claim: null })
  return pieces
}

function* textsIn(node: Root | Element): Generator<Text> {
  for (const child of node.children) {
    if (child.type === 'text') yield child
    else if (child.type === 'element') yield* textsIn(child)
  }
}
