import { Tabs as Parts } from 'radix-ui'
import type { ReactNode } from 'react'
import styles from './Tabs.module.css'

export interface Tab<T extends string> {
  readonly value: T
  readonly label: ReactNode
  readonly content: ReactNode
}

/**
 * Views of one thing, one at a time; arrows move between them. Pages with an address of their own are links,
 * not tabs.
 */
export function Tabs<T extends string>({
  label,
  tabs,
  value,
  onChange,
}: {
  label: string
  tabs: readonly Tab<T>[]
  /** Left out: the first one, and the tabs keep track themselves. */
  value?: T
  onChange?: (value: T) => void
}) {
  const first = tabs[0]?.value
  return (
    <Parts.Root
      {...(value === undefined ? { defaultValue: first ?? '' } : { value })}
      onValueChange={(next) => onChange?.(next as T)}
    >
      <Parts.List className={styles['list']} aria-label={label}>
        {tabs.map((tab) => (
          <Parts.Trigger key={tab.value} value={tab.value} className={styles['tab']}>
            {tab.label}
          </Parts.Trigger>
        ))}
      </Parts.List>
      {tabs.map((tab) => (
        <Parts.Content key={tab.value} value={tab.value} className={styles['content']}>
          {tab.content}
        </Parts.Content>
      ))}
    </Parts.Root>
  )
}
