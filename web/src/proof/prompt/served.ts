/**
 * Is the wording of the release in a prompt what the published release says? (clause 7)
 *
 * - The prompt begins with one of the ways through the published template, whole, with what variables
 *   printed between its texts.
 * - Worked examples follow, each as it is published.
 * - Everything else by the release is one of its published separators, heads and tails.
 */

import { fileTexts, passageTexts, type Release } from './release'
import type { Segment } from './segments'
import { type Piece, waysThrough } from './template'

/** What is wrong, empty where nothing is; `isKnown` is false where the template is beyond this check. */
export interface Wording {
  isKnown: boolean
  problem: string
}

// Variables of these types always print something, so that each is one segment.
const PRINTS: ReadonlySet<string> = new Set(['enum', 'number', 'date'])

export function wordingProblem(release: Release, segments: readonly Segment[]): Wording {
  const { prompt } = release
  const isLoose = [...prompt.variables.values()].some(({ type }) => !PRINTS.has(type))
  if (isLoose)
    return { isKnown: false, problem: 'The template prints texts of any length; that is not compared here.' }
  const ways = waysThrough(prompt.system, prompt.variables).map(merged)
  const lengths = ways.filter((way) => beginsWith(segments, way)).map((way) => way.length)
  if (lengths.length === 0)
    return { isKnown: true, problem: 'The prompt does not begin with the wording of the published release.' }
  const rest = segments.slice(Math.max(...lengths))
  return { isKnown: true, problem: exampleProblem(release, rest) || otherProblem(release, rest) }
}

/** Neighbouring texts of the release are one, and an empty one is none. */
function merged(way: Piece[]): Piece[] {
  const pieces: Piece[] = []
  for (const piece of way) {
    const last = pieces.at(-1)
    if (piece.by !== 'release') pieces.push(piece)
    else if (last?.by === 'release')
      pieces[pieces.length - 1] = { by: 'release', text: last.text + piece.text }
    else if (piece.text) pieces.push(piece)
  }
  return pieces
}

function beginsWith(segments: readonly Segment[], way: readonly Piece[]): boolean {
  return way.every((piece, at) => {
    const item = segments[at]
    // What a variable printed is its author's; of an enum the choices are published.
    const isText = item?.text === piece.text || (piece.by !== 'release' && piece.text === '')
    return item?.role === 'system' && item.by === piece.by && isText
  })
}

function exampleProblem({ prompt }: Release, rest: readonly Segment[]): string {
  const isExample = (item: Segment) =>
    item.by === 'release' && item.role !== 'system' && item.text !== prompt.separator
  const found = rest.filter(isExample)
  const missing = prompt.examples.some(({ role, text }, at) => {
    const item = found[at]
    return item?.role !== role || item.text !== text
  })
  return missing ? 'A worked example of the published release is missing or another.' : ''
}

function otherProblem(release: Release, rest: readonly Segment[]): string {
  const { prompt, tools } = release
  const examples = prompt.examples.map((example) => example.text)
  const around = [prompt.separator, prompt.app_head, prompt.app_tail, ...examples]
  const ofTools = [
    tools.head,
    tools.tail,
    tools.call_head,
    tools.call_tail,
    tools.result_head,
    tools.result_tail,
  ]
  const published = new Set([...around, ...ofTools, ...fileTexts(release), ...passageTexts(release)])
  const other = rest.find((item) => item.by === 'release' && !published.has(item.text))
  return other ? 'The prompt holds wording by the release that it does not publish.' : ''
}
