import { useQuery } from '@tanstack/react-query'
import { useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { type LogLevel, readLogLines } from '@/core/admin'
import type { LogLineBody } from '@/core/wire'
import { keys } from '@/queries'
import { Choice } from '@/ui/Choice'
import { classes } from '@/ui/classes'
import { ErrorState, Loading } from '@/ui/States'
import styles from './Admin.module.css'

const LEVELS: readonly LogLevel[] = ['debug', 'info', 'warning', 'error']
const REFRESH_MS = 3_000
const KEPT_LINES = 2_000

interface Kept {
  readonly run: string
  readonly last: number
  readonly lines: readonly LogLineBody[]
}

const NOTHING: Kept = { run: '', last: 0, lines: [] }

/** The newest lines of the server's log, going on by themselves. */
export function LogSection() {
  const { t } = useTranslation('admin')
  const [level, setLevel] = useState<LogLevel>('info')
  const kept = useRef<{ level: LogLevel; log: Kept }>({ level, log: NOTHING })
  const found = useQuery({
    queryKey: [...keys.admin('logs'), level],
    queryFn: async ({ signal }) => {
      const before = kept.current.level === level ? kept.current.log : NOTHING
      const log = await readOn(before, level, signal)
      kept.current = { level, log }
      return log
    },
    refetchInterval: REFRESH_MS,
  })
  return (
    <div className={styles['block']}>
      <p className={styles['hint']}>{t('logs.hint')}</p>
      <Choice
        label={t('logs.level')}
        value={level}
        onChange={setLevel}
        options={LEVELS.map((value) => ({ value, label: t(`logs.${value}`) }))}
      />
      {found.isPending && <Loading />}
      {found.isError && <ErrorState error={found.error} onRetry={() => void found.refetch()} />}
      {found.isSuccess &&
        (found.data.lines.length === 0 ? <p>{t('logs.none')}</p> : <Lines log={found.data} />)}
    </div>
  )
}

/** Reads what came since; a server that was started again begins anew. */
export async function readOn(before: Kept, level: LogLevel, signal?: AbortSignal): Promise<Kept> {
  let page = await readLogLines(before.last, level, signal)
  const isSameRun = page.run === before.run
  if (!isSameRun && before.last > 0) page = await readLogLines(0, level, signal)
  const lines = [...(isSameRun ? before.lines : []), ...page.data]
  return { run: page.run, last: page.last, lines: lines.slice(-KEPT_LINES) }
}

function Lines({ log }: { log: Kept }) {
  const { t } = useTranslation('admin')
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard
    <section className={styles['log']} aria-label={t('section.logs')} tabIndex={0}>
      {log.lines.toReversed().map((line) => (
        <div
          key={line.number}
          className={classes(
            styles['line'],
            line.level === 'warning' && styles['warning'],
            (line.level === 'error' || line.level === 'critical') && styles['error'],
          )}
        >
          <time dateTime={new Date(line.time_ms).toISOString()}>
            {new Date(line.time_ms).toISOString().slice(11, 23)}
          </time>
          <span>{line.level}</span>
          <span dir="auto">
            {line.message} {line.place !== '' && <em>{line.place}</em>}
          </span>
        </div>
      ))}
    </section>
  )
}
