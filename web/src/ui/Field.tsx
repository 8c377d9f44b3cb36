import { type ComponentProps, type ReactNode, useId } from 'react'
import { classes } from './classes'
import styles from './Field.module.css'

interface Common {
  readonly label: string
  readonly hint?: ReactNode
  /** Why what stands there is not taken. */
  readonly problem?: string | undefined
}

/** A labelled line of text; hint and problem are read out with it. */
export function Field({ label, hint, problem, className, ...rest }: Common & ComponentProps<'input'>) {
  const id = useId()
  return (
    <div className={classes(styles['field'], className)}>
      <label htmlFor={id}>{label}</label>
      <input
        {...rest}
        id={id}
        className={styles['input']}
        aria-invalid={problem !== undefined || undefined}
        aria-describedby={`${id}-hint ${id}-problem`}
      />
      <Notes id={id} hint={hint} problem={problem} />
    </div>
  )
}

/** A labelled text of several lines. */
export function TextArea({ label, hint, problem, className, ...rest }: Common & ComponentProps<'textarea'>) {
  const id = useId()
  return (
    <div className={classes(styles['field'], className)}>
      <label htmlFor={id}>{label}</label>
      <textarea
        {...rest}
        id={id}
        className={styles['input']}
        aria-invalid={problem !== undefined || undefined}
        aria-describedby={`${id}-hint ${id}-problem`}
      />
      <Notes id={id} hint={hint} problem={problem} />
    </div>
  )
}

/** A labelled choice of one among few, as the platform shows it. */
export function Select({
  label,
  hint,
  problem,
  className,
  children,
  ...rest
}: Common & ComponentProps<'select'>) {
  const id = useId()
  return (
    <div className={classes(styles['field'], className)}>
      <label htmlFor={id}>{label}</label>
      <select {...rest} id={id} className={styles['input']} aria-describedby={`${id}-hint ${id}-problem`}>
        {children}
      </select>
      <Notes id={id} hint={hint} problem={problem} />
    </div>
  )
}

function Notes({ id, hint, problem }: { id: string; hint: ReactNode; problem: string | undefined }) {
  return (
    <>
      <span id={`${id}-hint`} className={styles['hint']}>
        {hint}
      </span>
      <span id={`${id}-problem`} className={styles['problem']} aria-live="polite">
        {problem}
      </span>
    </>
  )
}
