import type { ReactNode } from 'react'
import styles from './Badge.module.css'
import { classes } from './classes'

export interface BadgeProps {
  /** Its colour supports what the words say, and never says it alone. */
  readonly kind?: 'plain' | 'accent' | 'good' | 'warn' | 'bad'
  readonly children: ReactNode
}

/** A state in one or two words, beside what it belongs to. */
export function Badge({ kind = 'plain', children }: BadgeProps) {
  return <span className={classes(styles['badge'], styles[kind])}>{children}</span>
}
