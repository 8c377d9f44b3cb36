import type { ReactNode } from 'react'
import { classes } from '@/ui/classes'
import styles from './Notice.module.css'

export interface NoticeProps {
  /** `problem`: something did not work. `note`: it is as it should be, and worth knowing. */
  readonly kind?: 'note' | 'problem'
  readonly children: ReactNode
  /** What can be done about it. */
  readonly actions?: ReactNode
}

/** What is to be known of a message, quietly, with the next step. */
export function Notice({ kind = 'note', children, actions }: NoticeProps) {
  return (
    <div className={classes(styles['notice'], styles[kind])} dir="auto">
      <div className={styles['body']}>{children}</div>
      {actions !== undefined && <div className={styles['actions']}>{actions}</div>}
    </div>
  )
}
