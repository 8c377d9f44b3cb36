import { type ReactNode, useId } from 'react'
import styles from './Choice.module.css'

/** One choice of a few that all stand there, as radio buttons in one row. */
export function Choice<T extends string>({
  label,
  hint,
  value,
  options,
  onChange,
}: {
  label: string
  hint?: ReactNode
  value: T
  options: readonly { readonly value: T; readonly label: string; readonly lang?: string }[]
  onChange: (value: T) => void
}) {
  const id = useId()
  return (
    <fieldset className={styles['choice']} aria-describedby={hint === undefined ? undefined : `${id}-hint`}>
      <legend>{label}</legend>
      <div className={styles['options']}>
        {options.map((option) => (
          <label key={option.value} className={styles['option']} lang={option.lang}>
            <input
              type="radio"
              name={id}
              checked={option.value === value}
              onChange={() => onChange(option.value)}
            />
            <span>{option.label}</span>
          </label>
        ))}
      </div>
      {hint !== undefined && (
        <p id={`${id}-hint`} className={styles['hint']}>
          {hint}
        </p>
      )}
    </fieldset>
  )
}
