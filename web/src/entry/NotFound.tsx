import { useTranslation } from 'react-i18next'
import { Link } from 'wouter'
import { EmptyState } from '@/ui/States'

export function NotFound() {
  const { t } = useTranslation()
  return (
    <main>
      <EmptyState title={t('notFound.title')} action={<Link href="/">{t('notFound.home')}</Link>}>
        <p>{t('notFound.body')}</p>
      </EmptyState>
    </main>
  )
}
