import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { listAlarms, readHealth } from '@/core/admin'
import type { AdminHealth } from '@/core/wire'
import { keys } from '@/queries'
import { Badge } from '@/ui/Badge'
import { Button } from '@/ui/Button'
import { ErrorState, Loading } from '@/ui/States'
import { When } from '@/ui/When'
import styles from './Admin.module.css'

const KINDS = { fine: 'good', note: 'warn', wrong: 'bad' } as const
const REFRESH_MS = 15_000

/** Whether turns are answered, what was looked at, and the alarms of the log. */
export function HealthSection() {
  const { t } = useTranslation('admin')
  const found = useQuery({
    queryKey: keys.admin('health'),
    queryFn: ({ signal }) => readHealth(signal),
    refetchInterval: REFRESH_MS,
  })
  if (found.isPending) return <Loading />
  if (found.isError) return <ErrorState error={found.error} onRetry={() => void found.refetch()} />
  return (
    <div className={styles['stack']}>
      <section className={styles['block']} aria-labelledby="health-now">
        <h2 id="health-now">{t(found.data.is_ready ? 'health.ready' : 'health.notReady')}</h2>
        <Findings health={found.data} />
      </section>
      <Alarms />
    </div>
  )
}

function Findings({ health }: { health: AdminHealth }) {
  const { t } = useTranslation('admin')
  return (
    <ul className={styles['findings']}>
      {health.data.map((finding) => (
        <li key={finding.name} className={styles['finding']}>
          <span>
            <Badge kind={KINDS[finding.state]}>{t(`health.${finding.state}`)}</Badge>
          </span>
          <span>
            <strong>{finding.name}</strong> {finding.detail}
          </span>
          {finding.next_step !== '' && <p className={styles['hint']}>{finding.next_step}</p>}
        </li>
      ))}
    </ul>
  )
}

function Alarms() {
  const { t } = useTranslation(['admin', 'alarms'])
  const found = useInfiniteQuery({
    queryKey: keys.admin('alarms'),
    queryFn: ({ pageParam, signal }) => listAlarms(pageParam, signal),
    initialPageParam: null as number | null,
    getNextPageParam: (page) => (page.has_more ? (page.data.at(-1)?.index ?? null) : null),
  })
  if (found.isPending) return <Loading />
  if (found.isError) return <ErrorState error={found.error} onRetry={() => void found.refetch()} />
  const alarms = found.data.pages.flatMap((page) => page.data)
  return (
    <section className={styles['block']} aria-labelledby="alarms">
      <h2 id="alarms">{t('alarms.title')}</h2>
      <p className={styles['hint']}>{t('alarms.hint')}</p>
      {alarms.length === 0 && <p>{t('alarms.none')}</p>}
      <ul className={styles['findings']}>
        {alarms.map((alarm) => (
          <li key={alarm.index} className={styles['finding']}>
            <When atMs={alarm.last_ms} />
            <span>
              <strong>{t(`alarms:meaning.${alarm.code}`, { defaultValue: alarm.meaning })}</strong>{' '}
              <code>{alarm.code}</code>
              {alarm.count > 1 && ` ${t('alarms.times', { count: alarm.count })}`}
            </span>
            <p className={styles['hint']}>
              {t(`alarms:next.${alarm.code}`, { defaultValue: alarm.next_step })}{' '}
              {t('alarms.entry', { index: alarm.index })}
            </p>
          </li>
        ))}
      </ul>
      {found.hasNextPage && (
        <div>
          <Button isBusy={found.isFetchingNextPage} onClick={() => void found.fetchNextPage()}>
            {t('more')}
          </Button>
        </div>
      )}
    </section>
  )
}
