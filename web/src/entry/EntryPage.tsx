import type { ReactNode } from 'react'
import { Mark } from '@/ui/Mark'
import styles from './Entry.module.css'

/** A page outside the frame: the sign, a heading, and one thing to do. */
export function EntryPage({ title, children }: { title: string; children: ReactNode }) {
  return (
    <main className={styles['page']}>
      <div className={styles['column']}>
        <p className={styles['brand']}>
          <Mark size={22} /> Verax
        </p>
        <h1 className={styles['title']}>{title}</h1>
        {children}
      </div>
    </main>
  )
}
