import { useQuery } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { searchPassages } from '@/core/collections'
import type { CollectionShown, PassageHit } from '@/core/wire'
import { keys } from '@/queries'
import { Badge } from '@/ui/Badge'
import { Button } from '@/ui/Button'
import { classes } from '@/ui/classes'
import { Field } from '@/ui/Field'
import { Highlight } from '@/ui/Highlight'
import { Section } from '@/ui/Section'
import { ErrorState, Loading } from '@/ui/States'
import styles from './Collections.module.css'

/** Finds the passages of a collection that fit a question best. */
export function PassageSearch({ collection }: { collection: CollectionShown }) {
  const { t } = useTranslation('collections')
  const [asked, setAsked] = useState('')
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    setAsked(String(new FormData(event.currentTarget).get('query')).trim())
  }
  return (
    <Section title={t('search.title')}>
      <search>
        <form className={classes(styles['row'], styles['asked'])} onSubmit={submit}>
          <Field
            className={styles['grow']}
            type="search"
            name="query"
            label={t('search.label')}
            autoComplete="off"
            required
            maxLength={2000}
          />
          <Button type="submit">{t('search.action')}</Button>
        </form>
      </search>
      {asked !== '' && <Hits collection={collection} asked={asked} />}
    </Section>
  )
}

function Hits({ collection, asked }: { collection: CollectionShown; asked: string }) {
  const { t } = useTranslation('collections')
  const found = useQuery({
    queryKey: [...keys.collection(collection.id), 'search', asked],
    queryFn: ({ signal }) => searchPassages(collection.id, asked, signal),
  })
  if (found.isPending) return <Loading label={t('search.running')} />
  if (found.isError) return <ErrorState error={found.error} onRetry={() => void found.refetch()} />
  const hits = found.data.data
  return (
    <>
      <p className={styles['hint']} role="status">
        {hits.length === 0 ? t('search.none', { asked }) : t('search.found', { count: hits.length })}
      </p>
      <ol className={styles['hits']} aria-label={t('search.results')}>
        {hits.map((hit) => (
          <li key={`${hit.document} ${hit.start}`}>
            <Hit hit={hit} asked={asked} />
          </li>
        ))}
      </ol>
    </>
  )
}

function Hit({ hit, asked }: { hit: PassageHit; asked: string }) {
  const { t } = useTranslation('collections')
  return (
    <figure className={styles['hit']}>
      <blockquote dir="auto">
        <Highlight text={hit.text} search={asked} />
      </blockquote>
      <figcaption>
        <bdi className={styles['from']}>{hit.name}</bdi>
        {hit.page !== null && <span>{t('search.page', { page: hit.page })}</span>}
        {hit.heading !== '' && <bdi>{hit.heading}</bdi>}
        {hit.label !== '' && <Badge kind="warn">{t(`label.${hit.label}`)}</Badge>}
      </figcaption>
    </figure>
  )
}
