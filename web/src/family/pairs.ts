/** Colours and animals for a whole class. */

import type { ChoicesBody, ProfileBody } from '@/core/wire'
import { isPairFree } from './settings'

/** Profiles of one guardian; the server holds it. */
export const MAX_PROFILES = 60

type Pair = Pick<ProfileBody, 'animal' | 'colour'>

/** Returns up to `count` pairs that nobody has: each animal once before any comes again, in another colour. */
export function freePairs(
  { animals, colours }: Pick<ChoicesBody, 'animals' | 'colours'>,
  taken: readonly Pick<ProfileBody, 'id' | 'animal' | 'colour'>[],
  count: number,
): readonly Pair[] {
  const all = colours.flatMap((_, round) =>
    animals.map(
      (animal, index): Pair => ({
        animal,
        colour: colours[(index + round) % colours.length] ?? 'blue',
      }),
    ),
  )
  return all.filter((pair) => isPairFree(pair, taken)).slice(0, Math.max(0, count))
}
