import { useTranslation } from 'react-i18next'
import type { ReplyRecord } from '@/proof/record'
import { Section } from '@/ui/Section'
import styles from './ReceiptPanel.module.css'

/** Where the proof ends (clause 15), as plainly as what it shows. */
export function NotProved({ record }: { record: ReplyRecord | null }) {
  const { t } = useTranslation('receipt')
  const isRemote = record?.backend.kind === 'remote'
  const items = ['true', 'machine', 'people', 'time', ...(isRemote ? ['model'] : []), 'page'] as const
  return (
    <Section title={t('notProved.title')}>
      <ul className={styles['list']}>
        {items.map((item) => (
          <li key={item}>{t(`notProved.${item}`)}</li>
        ))}
      </ul>
    </Section>
  )
}
