import { createContext } from 'react'
import type { ClaimBody } from '@/core/wire'

export interface OpenClaimState {
  /** The claim whose passages are shown. */
  readonly open: ClaimBody | null
  /** Shows a claim's passages, at once. */
  readonly show: (claim: ClaimBody) => void
  /** Closes them soon, unless the pointer comes back. */
  readonly leave: () => void
  /** Closes a claim's passages now; those of another stay. */
  readonly close: (claim: ClaimBody) => void
}

/** Which claim of an answer is looked at: its words and its mark open the same passages. */
export const OpenClaim = createContext<OpenClaimState>({
  open: null,
  show: () => undefined,
  leave: () => undefined,
  close: () => undefined,
})
