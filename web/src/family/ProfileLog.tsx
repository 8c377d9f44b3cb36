import { useInfiniteQuery, useMutation, useQueryClient } from '@tanstack/react-query'
import { ReceiptText } from 'lucide-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { saveFile } from '@/core/files'
import { clearLog, readLog, readLogReceipt } from '@/core/junior'
import { momentText } from '@/core/times'
import type { ProfileBody } from '@/core/wire'
import { Button, ButtonLink } from '@/ui/Button'
import { ConfirmDialog } from '@/ui/ConfirmDialog'
import { useExplain } from '@/ui/errors'
import { Section } from '@/ui/Section'
import { ErrorState, Loading } from '@/ui/States'
import { toast } from '@/ui/Toast'
import styles from './Family.module.css'
import { juniorKeys } from './queries'
import { usePairName } from './usePairName'

/** What was said, newest first, where the guardian asked for it; and that the child knows. */
export function ProfileLog({ profile }: { profile: ProfileBody }) {
  const { t } = useTranslation('family')
  if (profile.log_days === null)
    return (
      <Section title={t('log.title')}>
        <p>{t('log.none')}</p>
        <div>
          <ButtonLink href={`/family/${profile.id}/settings`}>{t('log.ask')}</ButtonLink>
        </div>
      </Section>
    )
  return (
    <Section title={t('log.title')} hint={t('log.childKnows', { count: profile.log_days })}>
      <Lines profile={profile} />
    </Section>
  )
}

function Lines({ profile }: { profile: ProfileBody }) {
  const { t, i18n } = useTranslation(['family', 'common'])
  const explain = useExplain()
  const pairName = usePairName()
  const client = useQueryClient()
  const [isClearing, setClearing] = useState(false)
  const found = useInfiniteQuery({
    queryKey: juniorKeys.log(profile.id),
    queryFn: ({ pageParam, signal }) => readLog(profile.id, pageParam, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => (page.has_more ? (page.data.at(-1)?.id ?? null) : null),
  })
  const clear = useMutation({
    mutationFn: () => clearLog(profile.id),
    onSuccess: ({ removed }) => toast(t('log.cleared', { count: removed })),
    onError: (error) => toast(explain(error).message, { kind: 'problem' }),
    onSettled: () => {
      setClearing(false)
      return client.invalidateQueries({ queryKey: juniorKeys.log(profile.id) })
    },
  })
  const receipt = useMutation({
    mutationFn: (turn: string) => readLogReceipt(profile.id, turn),
    onSuccess: (data, turn) => saveFile(`junior-${turn}.json`, data),
    onError: (error) => toast(explain(error).message, { kind: 'problem' }),
  })
  if (found.isPending) return <Loading />
  if (found.isError) return <ErrorState error={found.error} onRetry={() => void found.refetch()} />
  const lines = found.data.pages.flatMap(({ data }) => data)
  if (lines.length === 0) return <p className={styles['note']}>{t('log.empty')}</p>
  return (
    <>
      <ol className={styles['log']}>
        {lines.map((line) => (
          <li key={line.id} data-by={line.said_by}>
            <p className={styles['soft']}>
              {line.said_by === 'child' ? pairName(profile) : 'Junior'} ·{' '}
              <time dateTime={new Date(line.created_ms).toISOString()}>
                {momentText(line.created_ms, i18n.language)}
              </time>
            </p>
            <p dir="auto">{line.text}</p>
            {line.turn_id !== null && (
              <Button size="small" kind="quiet" onClick={() => receipt.mutate(line.turn_id ?? '')}>
                <ReceiptText size={16} aria-hidden="true" /> {t('log.receipt')}
              </Button>
            )}
          </li>
        ))}
      </ol>
      <div className={styles['row']}>
        {found.hasNextPage && (
          <Button isBusy={found.isFetchingNextPage} onClick={() => void found.fetchNextPage()}>
            {t('log.more')}
          </Button>
        )}
        <Button kind="danger" onClick={() => setClearing(true)}>
          {t('log.clear')}
        </Button>
      </div>
      <ConfirmDialog
        isOpen={isClearing}
        isDanger
        title={t('log.clear')}
        action={t('log.clear')}
        isBusy={clear.isPending}
        onConfirm={() => clear.mutate()}
        onCancel={() => setClearing(false)}
      >
        <p>{t('log.clearMeans')}</p>
      </ConfirmDialog>
    </>
  )
}
