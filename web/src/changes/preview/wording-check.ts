/**
 * Whether prompts that the server composed hold the wording of the published releases, whole and nothing else of ours.
 *
 * The releases are read by their digests; so the server may choose which inputs it shows, and not which words of a
 * release it leaves out.
 */

import type { PromptPair } from '@/core/wire'
import type { Release } from '@/proof/prompt/release'
import { wordingProblem } from '@/proof/prompt/served'
import { SIDES, type Side } from './replies'

/** `unknown` where a release cannot be read from here, or its template is beyond this check. */
export type WordingCheck =
  | { readonly kind: 'verified' }
  | { readonly kind: 'unknown' }
  | { readonly kind: 'failed'; readonly example: string; readonly problem: string }

export function checkWording(
  pairs: readonly PromptPair[],
  releases: Readonly<Record<Side, Release | null>>,
): WordingCheck {
  let isKnown = true
  for (const pair of pairs) {
    for (const side of SIDES) {
      const prompt = pair[side]
      if (prompt === null || prompt.problem !== null) continue
      const release = releases[side]
      const found = release === null ? null : wordingProblem(release, prompt.parts)
      if (!found?.isKnown) isKnown = false
      else if (found.problem !== '') return { kind: 'failed', example: pair.name, problem: found.problem }
    }
  }
  return { kind: isKnown ? 'verified' : 'unknown' }
}
