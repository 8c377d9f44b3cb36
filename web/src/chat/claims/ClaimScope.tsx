import { type ReactNode, useCallback, useEffect, useMemo, useRef, useState } from 'react'
import type { ClaimBody } from '@/core/wire'
import { OpenClaim } from './OpenClaim'

const CLOSES_AFTER_MS = 250

/** An answer whose claims can be looked at, one at a time. */
export function ClaimScope({ children }: { children: ReactNode }) {
  const [open, setOpen] = useState<ClaimBody | null>(null)
  const timer = useRef<number | undefined>(undefined)
  const stay = useCallback(() => window.clearTimeout(timer.current), [])
  useEffect(() => stay, [stay])
  const state = useMemo(
    () => ({
      open,
      show: (claim: ClaimBody) => {
        stay()
        setOpen(claim)
      },
      leave: () => {
        stay()
        timer.current = window.setTimeout(() => setOpen(null), CLOSES_AFTER_MS)
      },
      close: (claim: ClaimBody) => setOpen((now) => (now === claim ? null : now)),
    }),
    [open, stay],
  )
  return <OpenClaim value={state}>{children}</OpenClaim>
}
