import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import type { SignalFigure, SignalPoint } from '@/core/wire'
import { keys } from '@/queries'
import { useSession } from '@/shell/useSession'
import { Problem } from '@/signing/Problem'
import { Table } from '@/ui/Table'
import styles from './Changes.module.css'
import { readSignals } from './change-calls'

const REFRESH_MS = 10_000

/** What the monitor has counted on canary and head so far, for operators; all of it is the server's word. */
export function MonitorFigures({ channel, change }: { channel: string; change: string }) {
  const { t } = useTranslation('changes')
  const roles = useSession().data?.roles ?? []
  const maySee = roles.includes('owner') || roles.includes('operator')
  const found = useQuery({
    queryKey: keys.signals(channel),
    queryFn: ({ signal }) => readSignals(channel, signal),
    enabled: maySee,
    refetchInterval: REFRESH_MS,
  })
  if (!maySee) return null
  if (found.isError) return <Problem error={found.error} />
  const newest = found.data?.rollout?.change === change ? found.data.points.at(-1) : undefined
  return (
    <>
      <h3>{t('monitor.title')}</h3>
      {newest === undefined ? (
        <p className={styles['soft']}>{t('monitor.none')}</p>
      ) : (
        <Figures point={newest} />
      )}
    </>
  )
}

function Figures({ point }: { point: SignalPoint }) {
  const { t, i18n } = useTranslation('changes')
  const number = new Intl.NumberFormat(i18n.language, { maximumSignificantDigits: 3 })
  const mean = ({ users, mean: value }: SignalFigure['head']) =>
    value === null || value === undefined ? '–' : t('monitor.mean', { mean: number.format(value), users })
  return (
    <>
      <p>
        {t('byServer')}{' '}
        {t('monitor.counted', {
          canary: point.turns.canary,
          canaryUsers: point.users.canary,
          head: point.turns.head,
          headUsers: point.users.head,
        })}{' '}
        {t(verdictOf(point))}
      </p>
      <Table
        caption={t('monitor.title')}
        rows={Object.entries(point.signals)}
        keyOf={([name]) => name}
        columns={[
          { key: 'signal', head: t('monitor.signal'), cell: ([name]) => t(`monitor.signals.${name}`) },
          { key: 'head', head: t('monitor.head'), isNumber: true, cell: ([, figure]) => mean(figure.head) },
          {
            key: 'canary',
            head: t('monitor.canary'),
            isNumber: true,
            cell: ([, figure]) => mean(figure.canary),
          },
          {
            key: 'evidence',
            head: t('monitor.evidence'),
            isNumber: true,
            cell: ([, figure]) => number.format(10 ** figure.log10_wealth),
          },
        ]}
      />
    </>
  )
}

/** Wealth from which on the monitor holds the next step (`verax.gates.rollout.plan`). */
const HOLD = 20

function verdictOf({ progress, log10_wealth }: SignalPoint) {
  if (progress >= 0) return 'monitor.trips' as const
  return 10 ** log10_wealth >= HOLD ? ('monitor.holds' as const) : ('monitor.calm' as const)
}
