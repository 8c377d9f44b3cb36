import { Switch as Parts } from 'radix-ui'
import { type ReactNode, useId } from 'react'
import styles from './Switch.module.css'

/** Something that is on or off, and is so at once. */
export function Switch({
  label,
  hint,
  isOn,
  isDisabled = false,
  onChange,
}: {
  label: string
  hint?: ReactNode
  isOn: boolean
  isDisabled?: boolean
  onChange: (isOn: boolean) => void
}) {
  const id = useId()
  return (
    <div className={styles['switch']}>
      <div>
        <label htmlFor={id}>{label}</label>
        {hint !== undefined && (
          <p id={`${id}-hint`} className={styles['hint']}>
            {hint}
          </p>
        )}
      </div>
      <Parts.Root
        id={id}
        className={styles['track']}
        checked={isOn}
        disabled={isDisabled}
        onCheckedChange={onChange}
        aria-describedby={hint === undefined ? undefined : `${id}-hint`}
      >
        <Parts.Thumb className={styles['thumb']} />
      </Parts.Root>
    </div>
  )
}
