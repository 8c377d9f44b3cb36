import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Link, useLocation } from 'wouter'
import { additionsOf } from '@/core/additions'
import { isolated } from '@/core/bidi'
import { deleteCollection } from '@/core/collections'
import { sizeText } from '@/core/sizes'
import type { CollectionShown } from '@/core/wire'
import { keys } from '@/queries'
import { Button } from '@/ui/Button'
import { ConfirmDialog } from '@/ui/ConfirmDialog'
import { Digest } from '@/ui/Copy'
import { useExplain } from '@/ui/errors'
import { Section } from '@/ui/Section'
import { toast } from '@/ui/Toast'
import { AddDocuments } from './AddDocuments'
import { Whose } from './CollectionList'
import styles from './Collections.module.css'
import { DocumentTable } from './DocumentTable'
import { PassageSearch } from './PassageSearch'

/** One collection: what it holds, what is in it, and, for whose it is, what comes and goes. */
export function CollectionView({ collection }: { collection: CollectionShown }) {
  const { t } = useTranslation('collections')
  useFreshWithAdditions(collection.id)
  return (
    <div className={styles['stack']}>
      <p>
        <Link href="/collections">{t('back')}</Link>
      </p>
      <Facts collection={collection} />
      {collection.documents > 0 && <PassageSearch collection={collection} />}
      {collection.is_own && <AddDocuments collection={collection} />}
      <DocumentTable collection={collection} />
      {collection.is_own && <DeleteCollection collection={collection} />}
    </div>
  )
}

/** Reads the collection again whenever a document has come into it. */
function useFreshWithAdditions(id: string): void {
  const client = useQueryClient()
  useEffect(
    () =>
      additionsOf(id).state.subscribe(({ all }, before) => {
        const taken = (list: typeof all) => list.filter(({ stage }) => stage === 'taken').length
        if (taken(all) > taken(before.all)) void client.invalidateQueries({ queryKey: keys.collections })
      }),
    [client, id],
  )
}

function Facts({ collection }: { collection: CollectionShown }) {
  const { t, i18n } = useTranslation('collections')
  const { documents, passages, encoded, size_bytes: sizeBytes, version } = collection
  return (
    <dl className={styles['facts']}>
      <dt>{t('whose')}</dt>
      <dd>
        <Whose collection={collection} />
      </dd>
      <dt>{t('holds')}</dt>
      <dd>
        {t('count.documents', { count: documents })}, {t('count.passages', { count: passages })},{' '}
        {sizeText(sizeBytes, i18n.language)}
        {encoded < passages && <p className={styles['hint']}>{t('encoding', { encoded, passages })}</p>}
      </dd>
      {version !== null && (
        <>
          <dt>{t('version')}</dt>
          <dd>
            <Digest value={version} length={16} />
          </dd>
        </>
      )}
    </dl>
  )
}

function DeleteCollection({ collection }: { collection: CollectionShown }) {
  const { t } = useTranslation('collections')
  const explain = useExplain()
  const client = useQueryClient()
  const [, navigate] = useLocation()
  const [isAsking, setAsking] = useState(false)
  const { mutate, isPending } = useMutation({
    mutationFn: () => deleteCollection(collection.id),
    onSuccess: () => {
      navigate('/collections')
      client.removeQueries({ queryKey: keys.collection(collection.id) })
      void client.invalidateQueries({ queryKey: keys.collectionList })
      toast(t('delete.done', { name: isolated(collection.name) }))
    },
    onError: (error) => toast(explain(error).message, { kind: 'problem' }),
  })
  const title = t('delete.of', { name: isolated(collection.name) })
  return (
    <Section title={t('delete.title')} hint={t('delete.hint')}>
      <div>
        <Button kind="danger" onClick={() => setAsking(true)}>
          {t('delete.action')}
        </Button>
      </div>
      <ConfirmDialog
        isOpen={isAsking}
        isDanger
        title={title}
        action={t('delete.action')}
        isBusy={isPending}
        onConfirm={() => mutate()}
        onCancel={() => setAsking(false)}
      >
        <p>{t('delete.means', { count: collection.documents })}</p>
      </ConfirmDialog>
    </Section>
  )
}
