import { useTranslation } from 'react-i18next'
import styles from './Transparency.module.css'
import { useBlobText } from './useGovernance'

/** The reason that somebody gave; nothing where it is gone, closed, or empty. */
export function Reason({ digest }: { digest: string }) {
  const { t } = useTranslation('transparency')
  const { data: text } = useBlobText(digest)
  if (!text) return null
  return (
    <p className={styles['soft']} dir="auto">
      {t('reasonGiven', { text })}
    </p>
  )
}
