import { BookOpen } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import type { JuniorReply } from '@/core/wire'

/** Where a fact can be looked up, as text: nothing here leads anywhere. */
export function Sources({ sources }: { sources: JuniorReply['sources'] }) {
  const { t } = useTranslation('junior')
  if (sources.length === 0) return null
  return (
    <div className="sources">
      <BookOpen size={22} aria-hidden="true" />
      <div>
        <p>{t('sources')}</p>
        <ul lang="en">
          {sources.map(({ title, publisher }) => (
            <li key={`${title} ${publisher}`}>
              <cite>{title}</cite>, {publisher}
            </li>
          ))}
        </ul>
      </div>
    </div>
  )
}
