import { type ReactNode, useContext } from 'react'
import { standingOf } from '@/core/claims'
import type { ClaimBody } from '@/core/wire'
import { classes } from '@/ui/classes'
import styles from './Claims.module.css'
import { OpenClaim } from './OpenClaim'

/** Words of a sentence that was judged. The mark behind it says the same to whoever cannot see or point. */
export function ClaimText({ claim, children }: { claim: ClaimBody; children?: ReactNode }) {
  const { open, show, leave } = useContext(OpenClaim)
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: the button behind the sentence does the same
    // biome-ignore lint/a11y/useKeyWithClickEvents: the button behind the sentence does the same
    <span
      className={classes(styles['claim'], styles[standingOf(claim)], open === claim && styles['open'])}
      onMouseEnter={() => show(claim)}
      onMouseLeave={leave}
      onClick={() => show(claim)}
    >
      {children}
    </span>
  )
}
