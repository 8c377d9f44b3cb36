import { Progress as Parts } from 'radix-ui'
import styles from './Progress.module.css'

/** How far something has come; `value` null while that is not known. */
export function Progress({ label, value, max = 100 }: { label: string; value: number | null; max?: number }) {
  const share = value === null || max <= 0 ? null : Math.min(Math.max(value / max, 0), 1)
  return (
    <Parts.Root className={styles['track']} value={share === null ? null : share * 100} aria-label={label}>
      <Parts.Indicator
        className={styles['bar']}
        {...(share === null ? {} : { style: { width: `${share * 100}%` } })}
      />
    </Parts.Root>
  )
}
