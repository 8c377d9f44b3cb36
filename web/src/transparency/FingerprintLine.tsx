import { groupsOf } from '@/core/site'
import { CopyButton } from '@/ui/Copy'
import styles from './Transparency.module.css'

/** A fingerprint in groups, to compare by eye; copied whole. */
export function FingerprintLine({ value }: { value: string }) {
  return (
    <div className={styles['command']}>
      <code className={styles['number']} data-fingerprint={value}>
        {groupsOf(value).map((group, at) => (
          // The groups never change places.
          // biome-ignore lint/suspicious/noArrayIndexKey: two groups may be alike
          <span key={at}>{group} </span>
        ))}
      </code>
      <CopyButton text={value} />
    </div>
  )
}
