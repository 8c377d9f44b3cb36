import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { Outcome } from '@/proof/governance/state'
import { Reason } from './Reason'
import styles from './Transparency.module.css'

/** The statement itself, as it was signed, and the text that it refers to. */
export function EntryDetail({ outcome }: { outcome: Outcome }) {
  const { t } = useTranslation('transparency')
  const [isOpen, setOpen] = useState(false)
  const { statement } = outcome
  if (statement === null) return null
  const reason =
    statement.kind === 'change' ? statement.reason : statement.kind === 'move' ? statement.cause : 'none'
  const { id, kind, subject, ...predicate } = statement
  return (
    <details onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary className={styles['soft']}>{t('decisions.detail')}</summary>
      {isOpen && (
        <>
          {reason !== 'none' && <Reason digest={reason} />}
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard */}
          <pre className={styles['pre']} tabIndex={0}>
            {JSON.stringify({ id, kind, subject, ...predicate }, null, 2)}
          </pre>
        </>
      )}
    </details>
  )
}
