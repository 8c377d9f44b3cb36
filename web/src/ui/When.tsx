import { useTranslation } from 'react-i18next'
import { momentText, relativeText } from '@/core/times'

/** A moment as people speak of it, with the exact time for the mouse and for programs. */
export function When({ atMs }: { atMs: number }) {
  const { i18n } = useTranslation()
  return (
    <time dateTime={new Date(atMs).toISOString()} title={momentText(atMs, i18n.language)}>
      {relativeText(atMs, Date.now(), i18n.language)}
    </time>
  )
}
