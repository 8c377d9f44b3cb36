/** Who cosigned a checkpoint, by the witness policy of the root document; checked here. */

import type { Mark } from '@/proof/client/pins'
import { checkPolicy, parsePolicy } from '@/proof/cosignature'
import { parseKeys } from '@/proof/key'
import { Refused } from '@/proof/refused'

export interface Cosigned {
  readonly isMet: boolean
  readonly cosigned: readonly string[]
  /** Why it could not be said; empty where it was. */
  readonly problem: string
}

export async function witnessesOf(mark: Mark, policy: string, keys: readonly string[]): Promise<Cosigned> {
  try {
    const result = await checkPolicy(mark.note, parsePolicy(policy), mark.origin, parseKeys(keys.join('\n')))
    return { isMet: result.isMet, cosigned: [...result.times.keys()].sort(), problem: '' }
  } catch (error) {
    if (!(error instanceof Refused)) throw error
    return { isMet: false, cosigned: [], problem: error.message }
  }
}
