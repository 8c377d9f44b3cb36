import { RotateCcw } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import type { ChildPage } from './useChild'

/** Something did not work: kindly, and with the one thing to do about it. */
export function TroubleNote({ page }: { page: ChildPage }) {
  const { t } = useTranslation('junior')
  return (
    <div role="status" className="troubleRoom">
      {page.trouble !== null && (
        <div className="trouble">
          <p>{t(`trouble.${page.trouble}`)}</p>
          <button type="button" className="wide" onClick={page.retry}>
            <RotateCcw size={24} aria-hidden="true" /> {t('again')}
          </button>
        </div>
      )}
    </div>
  )
}
