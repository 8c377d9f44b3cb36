import { type ReactNode, useId } from 'react'
import { groupsOf } from '@/core/site'
import { CopyButton } from '@/ui/Copy'
import styles from './Transparency.module.css'

export function Section({ title, children }: { title: string; children: ReactNode }) {
  const id = useId()
  return (
    <section className={styles['section']} aria-labelledby={id}>
      <h2 id={id}>{title}</h2>
      {children}
    </section>
  )
}

/** Names and values, one a line. */
export function Facts({ facts }: { facts: readonly (readonly [name: string, value: ReactNode])[] }) {
  return (
    <dl className={styles['facts']}>
      {facts.map(([name, value]) => (
        <div key={name} style={{ display: 'contents' }}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  )
}

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
