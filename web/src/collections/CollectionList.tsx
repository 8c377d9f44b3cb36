import { useQuery } from '@tanstack/react-query'
import { Plus } from 'lucide-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Link } from 'wouter'
import { listCollections } from '@/core/collections'
import type { Collection } from '@/core/wire'
import { keys } from '@/queries'
import { Badge } from '@/ui/Badge'
import { Button } from '@/ui/Button'
import { EmptyState, ErrorState, Loading } from '@/ui/States'
import { type Column, Table } from '@/ui/Table'
import { When } from '@/ui/When'
import styles from './Collections.module.css'
import { NewCollectionDialog } from './NewCollectionDialog'

/** The collections that this account may search. */
export function CollectionList() {
  const { t } = useTranslation('collections')
  const [isMaking, setMaking] = useState(false)
  const found = useQuery({
    queryKey: keys.collectionList,
    queryFn: ({ signal }) => listCollections(signal),
  })
  const make = (
    <Button kind="primary" onClick={() => setMaking(true)}>
      <Plus size={18} aria-hidden="true" /> {t('make')}
    </Button>
  )
  return (
    <div className={styles['stack']}>
      {found.isPending && <Loading />}
      {found.isError && <ErrorState error={found.error} onRetry={() => void found.refetch()} />}
      {found.isSuccess && found.data.data.length === 0 && (
        <EmptyState title={t('none.title')} action={make}>
          <p>{t('hint')}</p>
        </EmptyState>
      )}
      {found.isSuccess && found.data.data.length > 0 && (
        <>
          <p className={styles['hint']}>{t('hint')}</p>
          <div>{make}</div>
          <CollectionTable collections={found.data.data} />
        </>
      )}
      {isMaking && <NewCollectionDialog onClose={() => setMaking(false)} />}
    </div>
  )
}

function CollectionTable({ collections }: { collections: readonly Collection[] }) {
  const { t } = useTranslation('collections')
  const columns: readonly Column<Collection>[] = [
    {
      key: 'name',
      head: t('name'),
      cell: (one) => (
        <Link href={`/collections/${encodeURIComponent(one.id)}`} dir="auto">
          {one.name}
        </Link>
      ),
    },
    { key: 'whose', head: t('whose'), cell: (one) => <Whose collection={one} /> },
    { key: 'documents', head: t('documents'), isNumber: true, cell: (one) => one.documents },
    { key: 'passages', head: t('passages'), isNumber: true, cell: (one) => one.passages },
    { key: 'changed', head: t('changed'), cell: (one) => <When atMs={one.updated_ms} /> },
  ]
  return <Table caption={t('title')} columns={columns} rows={collections} keyOf={(one) => one.id} />
}

/** Who may search a collection, in a word. */
export function Whose({ collection }: { collection: Pick<Collection, 'is_own' | 'is_shared'> }) {
  const { t } = useTranslation('collections')
  if (!collection.is_own) return <Badge>{t('whoseIs.others')}</Badge>
  return collection.is_shared ? <Badge kind="accent">{t('whoseIs.shared')}</Badge> : t('whoseIs.own')
}
