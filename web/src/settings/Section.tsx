import { type ReactNode, useId } from 'react'
import styles from './Settings.module.css'

/** One subject of a settings page: what it is about, and what can be set. */
export function Section({ title, hint, children }: { title: string; hint?: ReactNode; children: ReactNode }) {
  const id = useId()
  return (
    <section className={styles['section']} aria-labelledby={id}>
      <div className={styles['head']}>
        <h2 id={id}>{title}</h2>
        {hint !== undefined && <p className={styles['hint']}>{hint}</p>}
      </div>
      <div className={styles['body']}>{children}</div>
    </section>
  )
}
