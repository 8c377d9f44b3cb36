import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { browserClient } from '@/proof/browser'
import { Facts } from '@/transparency/Facts'
import { Button } from '@/ui/Button'
import { Choice } from '@/ui/Choice'
import { ErrorState, Loading } from '@/ui/States'
import { askedOf } from './asked'
import styles from './Changes.module.css'
import { readQuestions } from './change-calls'
import { GateItem } from './GateItem'
import { type Report, type ReportItem, readReport } from './report'

const PART = 25

/** The report that a gate's statement names, read by its digest: score with interval, and every item. */
export function GateReport({ change, suite, digest }: { change: string; suite: string; digest: string }) {
  const { t } = useTranslation('changes')
  const found = useQuery({
    queryKey: ['proof', 'report', digest],
    queryFn: async () => {
      const data = await browserClient().blobs(digest)
      return data === null ? null : readReport(data)
    },
    staleTime: Number.POSITIVE_INFINITY,
    retry: false,
  })
  if (found.isPending) return <Loading />
  if (found.isError) return <ErrorState error={found.error} onRetry={() => void found.refetch()} />
  if (found.data === null) return <p className={styles['soft']}>{t('report.gone')}</p>
  return <ReportBody change={change} suite={suite} report={found.data} />
}

function ReportBody({ change, suite, report }: { change: string; suite: string; report: Report }) {
  const { t } = useTranslation('changes')
  return (
    <section className={styles['stack']} aria-label={t('report.of', { suite })}>
      <Facts
        facts={[
          [
            t('report.score'),
            t('report.interval', { score: report.score, low: report.low, high: report.high }),
          ],
          [t('report.n'), String(report.items.length)],
          ...(report.head === null ? [] : ([[t('report.head'), report.head]] as const)),
          ...report.metrics.filter(([name]) => !SHOWN.has(name)),
          ...(report.lost === 0 ? [] : ([[t('report.lost'), String(report.lost)]] as const)),
        ]}
      />
      {report.shortfalls.map(({ metric, floor, found }) => (
        <p key={metric}>{t('report.shortfall', { metric, floor, found: found || '–' })}</p>
      ))}
      <Items change={change} suite={suite} items={report.items} />
    </section>
  )
}

const SHOWN: ReadonlySet<string> = new Set(['score', 'score_low', 'score_high', 'head_score', 'n'])

type Which = 'short' | 'all'

/** The items, those that fell short first; long lists come in parts. */
function Items({ change, suite, items }: { change: string; suite: string; items: readonly ReportItem[] }) {
  const { t } = useTranslation('changes')
  const asked = useQuery({
    queryKey: ['gate-questions', change, suite],
    queryFn: async ({ signal }) => askedOf(await readQuestions(change, suite, signal)),
    staleTime: Number.POSITIVE_INFINITY,
  })
  const short = items.filter(({ mark }) => mark !== '1')
  const [which, setWhich] = useState<Which>(short.length > 0 ? 'short' : 'all')
  const [shown, setShown] = useState(PART)
  const listed = which === 'short' ? short : items
  return (
    <>
      <Choice
        label={t('report.items')}
        value={which}
        options={[
          { value: 'short', label: t('report.short', { count: short.length }) },
          { value: 'all', label: t('report.all', { count: items.length }) },
        ]}
        onChange={(next) => {
          setWhich(next)
          setShown(PART)
        }}
      />
      <p className={styles['soft']}>{t(asked.isError ? 'report.noQuestions' : 'report.questions')}</p>
      {listed.length === 0 && <p className={styles['soft']}>{t('report.noneShort')}</p>}
      <ol className={styles['items']}>
        {listed.slice(0, shown).map((item) => (
          <li key={item.item}>
            <GateItem item={item} asked={asked.data} />
          </li>
        ))}
      </ol>
      {listed.length > shown && (
        <div>
          <Button size="small" onClick={() => setShown(shown + 4 * PART)}>
            {t('report.more', { count: listed.length - shown })}
          </Button>
        </div>
      )}
    </>
  )
}
