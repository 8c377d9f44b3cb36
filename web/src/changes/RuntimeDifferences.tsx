import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { browserClient } from '@/proof/browser'
import { fromUtf8 } from '@/proof/bytes'
import type { ChangeState } from '@/proof/governance/state'
import { NONE } from '@/proof/governance/statement'
import { DifferenceList } from '@/transparency/Comparison'
import { Facts } from '@/transparency/Facts'
import type { Difference } from '@/transparency/wording'
import { Digest } from '@/ui/Copy'
import { ErrorState, Loading } from '@/ui/States'
import styles from './Changes.module.css'
import { type PortableRuntime, readRuntime } from './runtime'

/** What of the program would be another: its own files, the packages it stands on, each as a digest. */
export function RuntimeDifferences({ change: { base, candidate } }: { change: ChangeState }) {
  const { t } = useTranslation('changes')
  const found = useQuery({
    queryKey: ['proof', 'runtimes', base, candidate],
    queryFn: async () => {
      const [before = null, after = null] = await Promise.all([base, candidate].map(readPublished))
      return { before, after, files: await readFiles(before, after) }
    },
    staleTime: Number.POSITIVE_INFINITY,
    retry: false,
  })
  if (found.isPending) return <Loading />
  if (found.isError) return <ErrorState error={found.error} onRetry={() => void found.refetch()} />
  const { before, after, files } = found.data
  if (after === null) return <p className={styles['soft']}>{t('code.gone')}</p>
  const parts = [
    ['source', before?.source, after.source],
    ['lock', before?.lock, after.lock],
  ] as const
  return (
    <>
      <Facts
        facts={parts.map(([part, old, now]) => [
          t(`code.${part}`),
          old === now ? (
            t('code.same')
          ) : (
            <>
              {old !== undefined && (
                <>
                  {t('code.before')} <Digest value={old} />{' '}
                </>
              )}
              {t('code.now')} <Digest value={now} />
            </>
          ),
        ])}
      />
      {files !== null && (
        <details className={styles['details']}>
          <summary>{t('code.files')}</summary>
          <DifferenceList differences={[files]} />
        </details>
      )}
      <p className={styles['soft']}>{t('code.hint')}</p>
    </>
  )
}

async function readPublished(id: string) {
  const data = id === NONE ? null : await browserClient().blobs(id)
  return data === null ? null : readRuntime(data)
}

/** The files of both, each with its digest, where the server holds both lists: their names are their digests. */
async function readFiles(
  before: PortableRuntime | null,
  after: PortableRuntime | null,
): Promise<Difference | null> {
  if (before === null || after === null || before.source === after.source) return null
  const [old, now] = await Promise.all([before.source, after.source].map(browserClient().blobs))
  if (!old || !now) return null
  return { path: 'source', before: fromUtf8(old), after: fromUtf8(now) }
}
