import { Tooltip as Parts } from 'radix-ui'
import type { ReactElement, ReactNode } from 'react'
import styles from './Tooltip.module.css'

const OPENS_AFTER_MS = 500

/**
 * A few words about a button or a link, on hover and on keyboard focus; Escape closes them. They describe it to
 * screen readers, unless it says `aria-describedby={undefined}`. It must make sense without them: touch has none.
 */
export function Tooltip({
  content,
  children,
}: {
  content: ReactNode
  /** One element that takes a ref and the props of a button. */
  children: ReactElement
}) {
  return (
    <Parts.Provider delayDuration={OPENS_AFTER_MS} skipDelayDuration={0}>
      <Parts.Root>
        <Parts.Trigger asChild>{children}</Parts.Trigger>
        <Parts.Portal>
          <Parts.Content className={styles['tooltip']} sideOffset={6} collisionPadding={8}>
            {content}
          </Parts.Content>
        </Parts.Portal>
      </Parts.Root>
    </Parts.Provider>
  )
}
