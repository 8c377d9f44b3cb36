import { useTranslation } from 'react-i18next'
import type { WholeVisit } from '@/proof/client/light-client'
import { useSession } from '@/shell/useSession'
import { Mark } from '@/ui/Mark'
import styles from './Transparency.module.css'

/** Says that what follows was computed here, from how much, and what of it could not be. */
export function VerifiedNote({ visit }: { visit: WholeVisit }) {
  const { t, i18n } = useTranslation('transparency')
  const { history, before, pins } = visit
  const session = useSession()
  const { state, stopped } = history
  const since = new Intl.DateTimeFormat(i18n.language, { dateStyle: 'medium' }).format(pins.first_ms)
  return (
    <>
      <div className={styles['note']} data-verified={stopped === null}>
        <Mark size={18} />
        <div>
          <p>{t('verified.body', { count: state.size })}</p>
          <p>{before === null ? t('verified.first') : t('verified.later', { since, count: before.size })}</p>
        </div>
      </div>
      {stopped !== null && (
        <p className={styles['caveat']}>
          {stopped.reason === 'governance/incomplete'
            ? t(session.data ? 'verified.missing' : 'verified.closed', { count: state.unread.size })
            : t('verified.rules')}
        </p>
      )}
    </>
  )
}
