import { useQuery } from '@tanstack/react-query'
import type { KeyboardEvent } from 'react'
import { useTranslation } from 'react-i18next'
import { Link } from 'wouter'
import { conversationPath, searchConversations } from '@/core/conversations'
import type { SearchHit } from '@/core/wire'
import { keys } from '@/queries'
import { useExplain } from '@/ui/errors'
import { Highlight } from '@/ui/Highlight'
import { Loading } from '@/ui/States'
import styles from './SearchResults.module.css'

/** What the server found: titles first, then messages; each leads to where it stands. */
export function SearchResults({ search }: { search: string }) {
  const { t } = useTranslation('shell')
  const explain = useExplain()
  const { data, error, isPending } = useQuery({
    queryKey: keys.searchFor(search),
    queryFn: ({ signal }) => searchConversations(search, signal),
    placeholderData: (before) => before,
  })
  if (isPending) return <Loading label={t('search.running')} />
  if (error !== null) {
    return (
      <p className={styles['note']} role="alert">
        {explain(error).message}
      </p>
    )
  }
  const hits = data.data
  return (
    <div className={styles['scroller']}>
      <p className={hits.length === 0 ? styles['note'] : 'visually-hidden'} role="status">
        {hits.length === 0 ? t('search.none', { search }) : t('search.found', { count: hits.length })}
      </p>
      <ul className={styles['list']} onKeyDown={moveByArrows}>
        {hits.map((hit) => (
          <li key={`${hit.conversation_id} ${hit.message_id}`}>
            <Hit hit={hit} search={search} />
          </li>
        ))}
      </ul>
    </div>
  )
}

function Hit({ hit, search }: { hit: SearchHit; search: string }) {
  const { t, i18n } = useTranslation('shell')
  const isTitle = hit.message_id === ''
  const at = new Intl.DateTimeFormat(i18n.language, { dateStyle: 'medium' }).format(hit.created_ms)
  return (
    <Link href={conversationPath(hit.conversation_id, hit.message_id)} className={styles['hit']}>
      <span className={styles['title']} dir="auto">
        <Highlight text={hit.title || t('list.untitled')} search={search} />
      </span>
      {!isTitle && (
        <span className={styles['snippet']} dir="auto">
          <Highlight text={hit.snippet} search={search} />
        </span>
      )}
      <span className={styles['from']}>
        {isTitle ? at : t('search.from', { who: t(`search.${hit.role}`), at })}
      </span>
    </Link>
  )
}

function moveByArrows(event: KeyboardEvent<HTMLUListElement>): void {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key]
  if (step === undefined) return
  const links = [...event.currentTarget.querySelectorAll('a')]
  const next = links[links.findIndex((link) => link.matches(':focus')) + step]
  event.preventDefault()
  next?.focus()
}
