import type { ReactNode } from 'react'
import { classes } from '@/ui/classes'
import { Mark } from '@/ui/Mark'
import styles from './Entry.module.css'

/** A page outside the frame: the sign, a heading, and one thing to do. */
export function EntryPage({
  title,
  width = 'narrow',
  children,
}: {
  title: string
  width?: 'narrow' | 'medium' | 'wide'
  children: ReactNode
}) {
  return (
    <main className={styles['page']}>
      <div className={classes(styles['column'], styles[width])}>
        <p className={styles['brand']}>
          <Mark size={22} /> Verax
        </p>
        <h1 className={styles['title']}>{title}</h1>
        {children}
      </div>
    </main>
  )
}
