/** The bans that a candidate meets, told so that a reviewer knows what a review would let return (clause 8). */

import { sentencesBanned } from '@/proof/governance/bans'
import { banHitsIn } from '@/proof/governance/fold-blobs'
import { RUNTIME } from '@/proof/governance/root'
import type { Blobs, ChangeState, State } from '@/proof/governance/state'
import { sourcesOf } from '@/proof/governance/wording'

export interface MetBan {
  /** What a review names to let it return: a sentence's, or the candidate's own digest. */
  readonly digest: string
  readonly kind: 'release' | 'sentence'
  /** The sentence as the release that was rolled back had it; null where that cannot be read, and for a release. */
  readonly sentence: string | null
  /** The entry of the rollback. */
  readonly index: number
}

/** Returns the bans that a change's candidate meets, its own first, then sentences in order of their rollback. */
export async function bansMetBy(state: State, change: ChangeState, blobs: Blobs): Promise<MetBan[]> {
  const { bans, bannedReleases } = state
  if (bans.size === 0 && bannedReleases.size === 0) return []
  const met = await banHitsIn(state, change.candidate, change.channel, blobs)
  const sentences = await sentencesOf(state, met, blobs)
  return [...met]
    .map((digest): MetBan => {
      const own = digest === change.candidate ? bannedReleases.get(digest) : undefined
      if (own !== undefined) return { digest, kind: 'release', sentence: null, index: own }
      const sentence = sentences.get(digest) ?? null
      return { digest, kind: 'sentence', sentence, index: bans.get(digest)?.index ?? 0 }
    })
    .sort((one, other) =>
      one.kind === other.kind ? one.index - other.index : one.kind < other.kind ? -1 : 1,
    )
}

/** A ban is a digest: its sentence is looked for in the releases that were rolled back. */
async function sentencesOf(
  state: State,
  wanted: ReadonlySet<string>,
  blobs: Blobs,
): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>()
  const lacking = () => new Set([...wanted].filter((digest) => state.bans.has(digest) && !found.has(digest)))
  for (const release of releasesOf(state)) {
    if (lacking().size === 0) break
    const data = await blobs(release)
    if (data === null) continue
    for (const [digest, text] of sentencesBanned(await sourcesOf(data), lacking())) found.set(digest, text)
  }
  return found
}

/** Releases that were rolled back, the latest first; code has no sentences. */
function releasesOf(state: State): string[] {
  const code = new Set(
    [...state.changes.values()]
      .filter(({ channel }) => channel === RUNTIME)
      .map(({ candidate }) => candidate),
  )
  return [...state.bannedReleases]
    .sort(([, one], [, other]) => other - one)
    .flatMap(([release]) => (code.has(release) ? [] : [release]))
}
