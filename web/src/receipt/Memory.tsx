import { useTranslation } from 'react-i18next'
import { Section } from '@/ui/Section'
import type { CheckState } from './check'
import styles from './ReceiptPanel.module.css'

/** What this browser remembers of the installation: its own small witness. */
export function Memory({ state }: { state: CheckState }) {
  const { t, i18n } = useTranslation('receipt')
  const { visit } = state
  if (visit === null) return null
  const date = (ms: number) => new Intl.DateTimeFormat(i18n.language, { dateStyle: 'medium' }).format(ms)
  return (
    <Section title={t('memory.title')}>
      <p className={styles['soft']}>
        {visit.before === null
          ? t('memory.first', { size: visit.now.size })
          : t('memory.later', {
              before: visit.before.size,
              now: visit.now.size,
              since: date(visit.pins.first_ms),
            })}
      </p>
    </Section>
  )
}
