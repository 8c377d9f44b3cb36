import { useTranslation } from 'react-i18next'
import { Page } from '@/shell/Page'
import { ButtonLink } from '@/ui/Button'
import styles from './Entry.module.css'

/** An address at which there is nothing. */
export function NotFound() {
  const { t } = useTranslation()
  return (
    <Page title={t('notFound.title')}>
      <div className={styles['notes']}>
        <p>{t('notFound.body')}</p>
        <p>
          <ButtonLink href="/">{t('notFound.home')}</ButtonLink>
        </p>
      </div>
    </Page>
  )
}
