import { type ReactNode, useId } from 'react'
import styles from './Section.module.css'

/** One subject of a page under its heading. `hint` says what it is about. */
export function Section({
  title,
  hint,
  isBeside = false,
  children,
}: {
  title: string
  hint?: ReactNode
  /** The heading stands beside the content, as in a list of settings; else above it. */
  isBeside?: boolean
  children: ReactNode
}) {
  const id = useId()
  return (
    <section className={styles[isBeside ? 'beside' : 'stacked']} aria-labelledby={id}>
      {isBeside ? (
        <>
          <div className={styles['head']}>
            <h2 id={id}>{title}</h2>
            {hint !== undefined && <p className={styles['hint']}>{hint}</p>}
          </div>
          <div className={styles['body']}>{children}</div>
        </>
      ) : (
        <>
          <h2 id={id}>{title}</h2>
          {hint !== undefined && <p className={styles['hint']}>{hint}</p>}
          {children}
        </>
      )}
    </section>
  )
}
