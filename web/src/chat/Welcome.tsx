import { useTranslation } from 'react-i18next'
import type { Model } from '@/core/wire'
import styles from './Welcome.module.css'

/** What stands in a chat before the first word: what this is, and what can be done here. */
export function Welcome({ channel }: { channel: Model | undefined }) {
  const { t } = useTranslation('chat')
  return (
    <div className={styles['welcome']}>
      <h2 className={styles['title']}>{t('welcome.title')}</h2>
      <p className={styles['body']}>
        {t('welcome.body', { model: channel?.verax.model ?? channel?.id ?? '' })}
      </p>
      <ul className={styles['steps']}>
        <li>{t('welcome.receipt')}</li>
        <li>{t('welcome.wrong')}</li>
        <li>{t('welcome.kept')}</li>
      </ul>
    </div>
  )
}
