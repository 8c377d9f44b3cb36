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
  return (
    <Labelled label={label} hint={hint} problem={problem} className={className}>
      {(wiring) => <input {...rest} {...wiring} aria-invalid={problem !== undefined || undefined} />}
    </Labelled>
  )
}

/** A labelled text of several lines. */
export function TextArea({ label, hint, problem, className, ...rest }: Common & ComponentProps<'textarea'>) {
  return (
    <Labelled label={label} hint={hint} problem={problem} className={className}>
      {(wiring) => <textarea {...rest} {...wiring} aria-invalid={problem !== undefined || undefined} />}
    </Labelled>
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
  return (
    <Labelled label={label} hint={hint} problem={problem} className={className}>
      {(wiring) => (
        <select {...rest} {...wiring}>
          {children}
        </select>
      )}
    </Labelled>
  )
}

/** What ties a control to its label and its notes. */
interface Wiring {
  readonly id: string
  readonly className: string | undefined
  readonly 'aria-describedby': string
}

interface LabelledProps extends Common {
  readonly className: string | undefined
  readonly children: (wiring: Wiring) => ReactNode
}

function Labelled({ label, hint, problem, className, children }: LabelledProps) {
  const id = useId()
  return (
    <div className={classes(styles['field'], className)}>
      <label htmlFor={id}>{label}</label>
      {children({ id, className: styles['input'], 'aria-describedby': `${id}-hint ${id}-problem` })}
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
