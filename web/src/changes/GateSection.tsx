import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { ChangeGates, GateShape } from '@/core/wire'
import { rulesOf } from '@/proof/governance/fold-change'
import type { ChangeState, GateResult, State } from '@/proof/governance/state'
import { keys } from '@/queries'
import { Problem } from '@/signing/Problem'
import { useReadOn } from '@/transparency/useGovernance'
import { Badge } from '@/ui/Badge'
import { Button } from '@/ui/Button'
import { Progress } from '@/ui/Progress'
import { Section } from '@/ui/Section'
import styles from './Changes.module.css'
import { cancelGates, runGates } from './change-calls'
import { GateReport } from './GateReport'
import type { Standing } from './standing'
import { isAtWork, useGates } from './useGates'

/** The suites that the root demands: results from the log, the progress of those that run from the server. */
export function GateSection({
  state,
  change,
  standing,
}: {
  state: State
  change: ChangeState
  standing: Standing
}) {
  const { t } = useTranslation('changes')
  const { query, maySee, mayRun } = useGates(change.id)
  const required = state.root === null ? [] : rulesOf(state.root, change.channel).gates
  const counted = query.data?.gates.filter(({ result }) => result !== null).length ?? 0
  useReadOnWhenMore(counted, change.gates.size)
  const progress = new Map(query.data?.gates.map((gate) => [gate.suite, gate]))
  const isLacking = required.some(({ suite }) => !change.gates.has(suite))
  return (
    <Section title={t('gates.title')} hint={t('gates.hint')}>
      {required.length === 0 && <p className={styles['soft']}>{t('gates.noneDemanded')}</p>}
      <ul className={styles['cards']}>
        {required.map(({ suite, floors }) => (
          <li key={suite}>
            <GateCard
              change={change.id}
              suite={suite}
              floors={floors}
              result={change.gates.get(suite) ?? null}
              progress={progress.get(suite) ?? null}
              maySee={maySee}
            />
          </li>
        ))}
      </ul>
      {query.isError && <Problem error={query.error} />}
      {standing.kind === 'open' && mayRun && isLacking && (
        <GateControls change={change.id} isRunning={query.data !== undefined && isAtWork(query.data)} />
      )}
    </Section>
  )
}

/** Reads on in the log when the server says that it holds more results than were read. */
function useReadOnWhenMore(counted: number, known: number): void {
  const readOn = useReadOn()
  useEffect(() => {
    if (counted > known) void readOn()
  }, [counted, known, readOn])
}

function GateControls({ change, isRunning }: { change: string; isRunning: boolean }) {
  const { t } = useTranslation('changes')
  const client = useQueryClient()
  const keep = (gates: ChangeGates) => client.setQueryData(keys.gates(change), gates)
  const run = useMutation({ mutationFn: () => runGates(change), onSuccess: keep })
  const cancel = useMutation({ mutationFn: () => cancelGates(change), onSuccess: keep })
  const error = run.error ?? cancel.error
  return (
    <>
      <div className={styles['actions']}>
        {isRunning ? (
          <Button isBusy={cancel.isPending} onClick={() => cancel.mutate()}>
            {t('gates.cancel')}
          </Button>
        ) : (
          <Button kind="primary" isBusy={run.isPending} onClick={() => run.mutate()}>
            {t('gates.run')}
          </Button>
        )}
      </div>
      {error !== null && <Problem error={error} />}
    </>
  )
}

function GateCard({
  change,
  suite,
  floors,
  result,
  progress,
  maySee,
}: {
  /** Id of the change. */
  change: string
  suite: string
  floors: ReadonlyMap<string, string>
  result: GateResult | null
  progress: GateShape | null
  maySee: boolean
}) {
  const { t } = useTranslation('changes')
  const [isOpen, setOpen] = useState(false)
  return (
    <article className={styles['card']} aria-label={suite}>
      <p className={styles['line']}>
        <strong>{suite}</strong>
        {result !== null ? (
          <Badge kind={result.passed ? 'good' : 'bad'}>
            {t(result.passed ? 'gates.passed' : 'gates.failed', { count: result.n })}
          </Badge>
        ) : (
          <Badge>{t(`gates.state.${stateOf(progress)}`)}</Badge>
        )}
      </p>
      <p className={styles['soft']}>
        {t('gates.floors', {
          floors: [...floors].map(([metric, floor]) => `${metric} ≥ ${floor}`).join(', '),
        })}
        {result !== null && `; ${t('entry', { index: result.index })}`}
      </p>
      {result === null && progress !== null && progress.total > 0 && (
        <>
          <Progress label={t('gates.progress', { suite })} value={progress.done} max={progress.total} />
          <p className={styles['soft']}>
            {t('gates.done', { done: progress.done, total: progress.total })} {progress.detail}
          </p>
        </>
      )}
      {result !== null && maySee && (
        <div>
          <Button size="small" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
            {t('gates.report')}
          </Button>
        </div>
      )}
      {isOpen && result !== null && <GateReport change={change} suite={suite} digest={result.report} />}
    </article>
  )
}

const STATES = ['waiting', 'running', 'broken', 'cancelled', 'refused'] as const

/** The server's word for a suite without a result. */
function stateOf(progress: GateShape | null): (typeof STATES)[number] | 'not_run' {
  return STATES.find((state) => state === progress?.state) ?? 'not_run'
}
