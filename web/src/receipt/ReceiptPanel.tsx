import { useEffect, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useStore } from 'zustand'
import { ErrorState, Loading } from '@/ui/States'
import { ReceiptCheck, verdictOf } from './check'
import { Memory } from './Memory'
import { NotProved } from './NotProved'
import { OpenPrompt } from './OpenPrompt'
import styles from './ReceiptPanel.module.css'
import { RecordFacts } from './RecordFacts'
import { StepList } from './StepList'
import { TakeAway } from './TakeAway'
import { VerdictBanner } from './VerdictBanner'
import { setVerdict } from './verdicts'

/** Everything about one reply's receipt, checked here while it is looked at. */
export function ReceiptPanel({ turnId, reply }: { turnId: string; reply?: string | undefined }) {
  const { t } = useTranslation('receipt')
  const [attempt, setAttempt] = useState(0)
  const [check, setCheck] = useState(() => new ReceiptCheck({ turnId, reply }))
  const state = useStore(check.state)
  const verdict = verdictOf(state)
  // biome-ignore lint/correctness/useExhaustiveDependencies: another attempt is another check
  useEffect(() => {
    const fresh = new ReceiptCheck({ turnId, reply })
    setCheck(fresh)
    void fresh.run()
    return () => fresh.stop()
  }, [turnId, reply, attempt])
  useEffect(() => setVerdict(turnId, verdict), [turnId, verdict])
  const again = () => setAttempt((count) => count + 1)
  if (state.stage === 'unavailable' && state.report === null)
    return <ErrorState error={state.error} onRetry={again} />
  return (
    <div className={styles['panel']}>
      <VerdictBanner state={state} />
      {state.stage === 'checking' && state.record === null && <Loading label={t('verdict.checking.title')} />}
      {state.record !== null && (
        <RecordFacts record={state.record} report={state.report} standing={state.standing} />
      )}
      {state.report !== null && <StepList steps={state.report.steps} />}
      <Memory state={state} />
      {state.record !== null && <OpenPrompt record={state.record} isLogged={state.report?.holds === true} />}
      {state.files !== null && <TakeAway turnId={turnId} files={state.files} />}
      <NotProved record={state.record} />
    </div>
  )
}
