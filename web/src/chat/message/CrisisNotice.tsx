import { useTranslation } from 'react-i18next'
import type { Crisis } from '@/core/wire'
import styles from './CrisisNotice.module.css'
import { Notice } from './Notice'

/** Somebody may be in need: words for them, what to do about danger, and whom to call. No rule is spoken of. */
export function CrisisNotice({ reason, crisis }: { reason: string; crisis: Crisis }) {
  const { t } = useTranslation('chat')
  return (
    <Notice>
      <p className={styles['words']}>{reason}</p>
      <p>{crisis.emergency}</p>
      {crisis.helplines.length > 0 && (
        <ul className={styles['lines']} aria-label={t('notice.helplines')}>
          {crisis.helplines.map((line) => (
            <li key={`${line.where} ${line.name}`}>
              <a href={`tel:${line.number.replace(/[^\d+]/g, '')}`}>{line.number}</a>{' '}
              <span>
                {line.name} <span className={styles['where']}>({line.where})</span>
              </span>
            </li>
          ))}
        </ul>
      )}
      <p>{t('notice.numbersChange')}</p>
    </Notice>
  )
}
