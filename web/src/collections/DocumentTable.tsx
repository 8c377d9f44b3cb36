import { useInfiniteQuery, useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { isolated } from '@/core/bidi'
import { listDocuments, removeDocument } from '@/core/collections'
import type { CollectionShown, Document } from '@/core/wire'
import { keys } from '@/queries'
import { Badge } from '@/ui/Badge'
import { Button } from '@/ui/Button'
import { ConfirmDialog } from '@/ui/ConfirmDialog'
import { useExplain } from '@/ui/errors'
import { Section } from '@/ui/Section'
import { ErrorState, Loading } from '@/ui/States'
import { type Column, Table } from '@/ui/Table'
import { toast } from '@/ui/Toast'
import { When } from '@/ui/When'
import styles from './Collections.module.css'

/** The documents of a collection, in the order in which they were added. */
export function DocumentTable({ collection }: { collection: CollectionShown }) {
  const { t } = useTranslation('collections')
  const found = useInfiniteQuery({
    queryKey: [...keys.collection(collection.id), 'documents'],
    queryFn: ({ pageParam, signal }) => listDocuments(collection.id, pageParam, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => (page.has_more ? (page.data.at(-1)?.id ?? null) : null),
  })
  const documents = found.data?.pages.flatMap((page) => page.data) ?? []
  return (
    <Section title={t('documents')}>
      {found.isPending && <Loading />}
      {found.isError && <ErrorState error={found.error} onRetry={() => void found.refetch()} />}
      {found.isSuccess && documents.length === 0 && <p className={styles['hint']}>{t('empty')}</p>}
      {documents.length > 0 && <Documents collection={collection} documents={documents} />}
      {found.hasNextPage && (
        <div>
          <Button isBusy={found.isFetchingNextPage} onClick={() => void found.fetchNextPage()}>
            {t('more')}
          </Button>
        </div>
      )}
    </Section>
  )
}

interface DocumentsProps {
  readonly collection: CollectionShown
  readonly documents: readonly Document[]
}

function Documents({ collection, documents }: DocumentsProps) {
  const { t } = useTranslation('collections')
  const [removing, setRemoving] = useState<Document | null>(null)
  const columns: readonly Column<Document>[] = [
    { key: 'name', head: t('name'), cell: (one) => <DocumentName document={one} /> },
    { key: 'kind', head: t('kind'), cell: (one) => t(`kindIs.${one.kind}`) },
    { key: 'pages', head: t('pages'), isNumber: true, cell: (one) => one.pages ?? '–' },
    { key: 'passages', head: t('passages'), isNumber: true, cell: (one) => one.passages },
    { key: 'added', head: t('added'), cell: (one) => <When atMs={one.fetched_ms ?? one.created_ms} /> },
    ...(collection.is_own ? [removeColumn()] : []),
  ]
  function removeColumn(): Column<Document> {
    return {
      key: 'remove',
      head: t('remove.action'),
      isHeadHidden: true,
      cell: (one) => (
        <Button
          size="small"
          kind="danger"
          aria-label={t('remove.of', { name: isolated(one.name) })}
          onClick={() => setRemoving(one)}
        >
          {t('remove.action')}
        </Button>
      ),
    }
  }
  return (
    <>
      <Table caption={t('documents')} columns={columns} rows={documents} keyOf={(one) => one.id} />
      {removing !== null && (
        <RemoveDialog collection={collection} document={removing} onClose={() => setRemoving(null)} />
      )}
    </>
  )
}

function DocumentName({ document: { name, source, label, notices } }: { document: Document }) {
  const { t } = useTranslation('collections')
  return (
    <div className={styles['named']}>
      <span>
        <bdi>{name}</bdi> {label !== '' && <Badge kind="warn">{t(`label.${label}`)}</Badge>}
      </span>
      {source !== name && <bdi className={styles['source']}>{source}</bdi>}
      {notices.map(({ code, message }) => (
        <span key={code + message} className={styles['notice']}>
          {message}
        </span>
      ))}
    </div>
  )
}

function RemoveDialog({
  collection,
  document: { id, name },
  onClose,
}: {
  readonly collection: CollectionShown
  readonly document: Document
  readonly onClose: () => void
}) {
  const { t } = useTranslation('collections')
  const explain = useExplain()
  const client = useQueryClient()
  const { mutate, isPending } = useMutation({
    mutationFn: () => removeDocument(collection.id, id),
    onSuccess: () => toast(t('remove.done', { name: isolated(name) })),
    onError: (error) => toast(explain(error).message, { kind: 'problem' }),
    onSettled: async () => {
      onClose()
      await client.invalidateQueries({ queryKey: keys.collections })
    },
  })
  return (
    <ConfirmDialog
      isOpen
      isDanger
      title={t('remove.of', { name: isolated(name) })}
      action={t('remove.action')}
      isBusy={isPending}
      onConfirm={() => mutate()}
      onCancel={onClose}
    >
      <p>{t('remove.means')}</p>
    </ConfirmDialog>
  )
}
