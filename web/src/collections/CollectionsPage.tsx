import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { useParams } from 'wouter'
import { readCollection } from '@/core/collections'
import { keys } from '@/queries'
import { Page } from '@/shell/Page'
import { ErrorState, Loading } from '@/ui/States'
import { CollectionList } from './CollectionList'
import { CollectionView } from './CollectionView'

/** `/collections`: what there is to search, and one of them with its documents. */
export default function CollectionsPage() {
  const { t } = useTranslation('collections')
  const { collection } = useParams<{ collection?: string }>()
  if (collection !== undefined) return <OneCollection key={collection} id={collection} />
  return (
    <Page title={t('title')} width="wide">
      <CollectionList />
    </Page>
  )
}

function OneCollection({ id }: { id: string }) {
  const { t } = useTranslation('collections')
  const found = useQuery({
    queryKey: keys.collection(id),
    queryFn: ({ signal }) => readCollection(id, signal),
  })
  return (
    <Page title={found.isError ? t('title') : (found.data?.name ?? null)} partOf={t('title')} width="wide">
      {found.isPending && <Loading />}
      {found.isError && <ErrorState error={found.error} onRetry={() => void found.refetch()} />}
      {found.isSuccess && <CollectionView collection={found.data} />}
    </Page>
  )
}
