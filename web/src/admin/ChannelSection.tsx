import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { readChannels } from '@/core/admin'
import type { ChannelState } from '@/core/wire'
import { keys } from '@/queries'
import { Badge } from '@/ui/Badge'
import { Digest } from '@/ui/Copy'
import { ErrorState, Loading } from '@/ui/States'
import { Table } from '@/ui/Table'
import styles from './Admin.module.css'
import { Command } from './Command'

/** What each channel serves, and what the root document demands of it. */
export function ChannelSection() {
  const { t } = useTranslation('admin')
  const found = useQuery({ queryKey: keys.admin('channels'), queryFn: ({ signal }) => readChannels(signal) })
  if (found.isPending) return <Loading />
  if (found.isError) return <ErrorState error={found.error} onRetry={() => void found.refetch()} />
  return (
    <div className={styles['stack']}>
      <section className={styles['block']} aria-labelledby="channels">
        <h2 id="channels">{t('channels.title')}</h2>
        <p className={styles['hint']}>
          {t(found.data.solo ? 'channels.solo' : 'channels.team', { version: found.data.root_version })}
        </p>
        <Channels channels={found.data.data} />
      </section>
      <section className={styles['block']} aria-labelledby="channels-change">
        <h2 id="channels-change">{t('channels.change')}</h2>
        <p className={styles['hint']}>{t('channels.changeHint')}</p>
        <Command text="verax change propose RELEASE.toml --reason WHY" />
        <Command text="verax channel freeze assistant --reason WHY" />
      </section>
    </div>
  )
}

function Channels({ channels }: { channels: readonly ChannelState[] }) {
  const { t } = useTranslation('admin')
  return (
    <Table
      caption={t('channels.title')}
      rows={channels}
      keyOf={(row) => row.name}
      columns={[
        {
          key: 'name',
          head: t('channels.name'),
          cell: (row) => (
            <>
              {row.name} {row.is_frozen && <Badge kind="bad">{t('channels.frozen')}</Badge>}{' '}
              {row.canary !== null && (
                <Badge kind="accent">{t('channels.canary', { percent: row.canary.share_bp / 100 })}</Badge>
              )}
            </>
          ),
        },
        {
          key: 'head',
          head: t('channels.head'),
          cell: (row) =>
            row.release === null ? (
              t('channels.nothing')
            ) : (
              <>
                {row.title !== null && <span dir="auto">{row.title} </span>}
                <Digest value={row.release} />
              </>
            ),
        },
        {
          key: 'mode',
          head: t('channels.mode'),
          cell: (row) => (row.mode === null ? '' : t(`mode.${row.mode}`)),
        },
        {
          key: 'demands',
          head: t('channels.demands'),
          cell: (row) =>
            [
              t('channels.approvals', { count: row.rules.approvals }),
              row.rules.gates.length === 0
                ? t('channels.noGates')
                : row.rules.gates.map((gate) => gate.suite).join(', '),
              ...(row.rules.needs_witness ? [t('channels.witness')] : []),
              t(row.rules.is_public ? 'channels.public' : 'channels.private'),
            ].join('; '),
        },
        { key: 'open', head: t('channels.open'), isNumber: true, cell: (row) => row.open_changes },
      ]}
    />
  )
}
