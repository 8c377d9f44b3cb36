/** What people admit of the program: the digest of its files, and of the lock of the packages it stands on (clause 13). */

import type { Bytes } from '@/proof/bytes'
import { parse } from '@/proof/canonical'
import { Refused } from '@/proof/refused'
import { digest, object, type Shaped } from '@/proof/shape'

const portable = object({ source: digest, lock: digest })

export type PortableRuntime = Shaped<typeof portable>

/** Reads the portable part of a runtime; null where the bytes are none. */
export function readRuntime(data: Bytes): PortableRuntime | null {
  try {
    return portable(parse(data), 'runtime')
  } catch (error) {
    if (error instanceof Refused) return null
    throw error
  }
}
