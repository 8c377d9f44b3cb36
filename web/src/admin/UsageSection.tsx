import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { readUsage, type UsageGrouping } from '@/core/admin'
import { numberText } from '@/core/times'
import type { UsageBody, UsageRow } from '@/core/wire'
import { keys } from '@/queries'
import { Choice } from '@/ui/Choice'
import { ErrorState, Loading } from '@/ui/States'
import { Table } from '@/ui/Table'
import styles from './Admin.module.css'
import { BarChart } from './BarChart'
import { daysBack, everyDay } from './days'

const SPANS = { '7': 7, '30': 30, '90': 90 } as const
type Span = keyof typeof SPANS
const GROUPINGS = ['channel', 'user', 'status'] as const satisfies readonly UsageGrouping[]

/** Turns, tokens and times over the days, as a chart and as the table behind it. */
export function UsageSection() {
  const { t } = useTranslation('admin')
  const [span, setSpan] = useState<Span>('30')
  const [by, setBy] = useState<(typeof GROUPINGS)[number]>('channel')
  const [first, last] = daysBack(SPANS[span], Date.now())
  const found = useQuery({
    queryKey: [...keys.admin('usage'), first, last, by],
    queryFn: ({ signal }) => readUsage(first, last, by, signal),
    placeholderData: (before) => before,
  })
  return (
    <div className={styles['stack']}>
      <div className={styles['row']}>
        <Choice
          label={t('usage.span')}
          value={span}
          onChange={setSpan}
          options={(Object.keys(SPANS) as Span[]).map((value) => ({
            value,
            label: t('usage.days', { count: SPANS[value] }),
          }))}
        />
        <Choice
          label={t('usage.by')}
          value={by}
          onChange={setBy}
          options={GROUPINGS.map((value) => ({ value, label: t(`usage.by_${value}`) }))}
        />
      </div>
      {found.isPending && <Loading />}
      {found.isError && <ErrorState error={found.error} onRetry={() => void found.refetch()} />}
      {found.isSuccess && <Figures usage={found.data} />}
    </div>
  )
}

function Figures({ usage }: { usage: UsageBody }) {
  const { t, i18n } = useTranslation('admin')
  if (usage.total === null) return <p>{t('usage.none')}</p>
  const number = (value: number) => numberText(value, i18n.language)
  const turns = new Map<string, number>()
  for (const row of usage.days) {
    if (row.day !== null) turns.set(row.day, (turns.get(row.day) ?? 0) + row.turns)
  }
  const bars = everyDay(usage.first, usage.last).map((day) => ({ label: day, value: turns.get(day) ?? 0 }))
  const { total } = usage
  return (
    <>
      <dl className={styles['total']}>
        <Total name={t('usage.turns')} value={number(total.turns)} />
        <Total name={t('usage.prompt')} value={number(total.prompt_tokens)} />
        <Total name={t('usage.completion')} value={number(total.completion_tokens)} />
        <Total name={t('usage.p50')} value={t('usage.ms', { value: number(total.p50_ms) })} />
        <Total name={t('usage.p95')} value={t('usage.ms', { value: number(total.p95_ms) })} />
      </dl>
      <BarChart title={t('usage.chart')} bars={bars} />
      <Table<UsageRow>
        caption={t(`usage.by_${usage.by}`)}
        rows={usage.names}
        keyOf={(row) => row.name}
        columns={[
          {
            key: 'name',
            head: t(`usage.by_${usage.by}`),
            cell: (row) => (
              <span dir="auto">{row.name === '' ? t('usage.rest') : row.label || row.name}</span>
            ),
          },
          { key: 'turns', head: t('usage.turns'), isNumber: true, cell: (row) => number(row.turns) },
          { key: 'in', head: t('usage.prompt'), isNumber: true, cell: (row) => number(row.prompt_tokens) },
          {
            key: 'out',
            head: t('usage.completion'),
            isNumber: true,
            cell: (row) => number(row.completion_tokens),
          },
          {
            key: 'p50',
            head: t('usage.p50'),
            isNumber: true,
            cell: (row) => t('usage.ms', { value: number(row.p50_ms) }),
          },
          {
            key: 'p95',
            head: t('usage.p95'),
            isNumber: true,
            cell: (row) => t('usage.ms', { value: number(row.p95_ms) }),
          },
        ]}
      />
    </>
  )
}

function Total({ name, value }: { name: string; value: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  )
}
