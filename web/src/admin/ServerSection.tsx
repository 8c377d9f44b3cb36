import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { readServerSettings } from '@/core/admin'
import type { SettingBody } from '@/core/wire'
import { keys } from '@/queries'
import { ErrorState, Loading } from '@/ui/States'
import { Table } from '@/ui/Table'
import styles from './Admin.module.css'

/** Limits and every other setting of the server, each with where it came from. */
export function ServerSection() {
  const { t } = useTranslation('admin')
  const found = useQuery({
    queryKey: keys.admin('settings'),
    queryFn: ({ signal }) => readServerSettings(signal),
  })
  if (found.isPending) return <Loading />
  if (found.isError) return <ErrorState error={found.error} onRetry={() => void found.refetch()} />
  const isLimit = (setting: SettingBody) =>
    /^(max_|rate_|session_|queue_|slots|.*_s$|.*_ms$)/.test(setting.name)
  return (
    <div className={styles['stack']}>
      <p className={styles['hint']}>{t('server.hint', { file: found.data.file })}</p>
      <Settings title={t('server.limits')} rows={found.data.data.filter(isLimit)} />
      <Settings title={t('server.others')} rows={found.data.data.filter((setting) => !isLimit(setting))} />
    </div>
  )
}

function Settings({ title, rows }: { title: string; rows: readonly SettingBody[] }) {
  const { t } = useTranslation('admin')
  return (
    <section className={styles['block']}>
      <h2>{title}</h2>
      <Table
        caption={title}
        rows={rows}
        keyOf={(row) => row.name}
        columns={[
          { key: 'name', head: t('server.name'), cell: (row) => <code>{row.name}</code> },
          { key: 'value', head: t('server.value'), cell: (row) => <code>{String(row.value ?? '')}</code> },
          { key: 'source', head: t('server.source'), cell: (row) => row.source },
          { key: 'what', head: t('server.what'), cell: (row) => row.description },
        ]}
      />
    </section>
  )
}
