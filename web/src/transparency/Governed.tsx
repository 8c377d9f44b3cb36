import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import type { WholeVisit } from '@/proof/client/light-client'
import { LogAlarm } from '@/proof/client/watch'
import { Refused } from '@/proof/refused'
import { ErrorState, Loading } from '@/ui/States'
import { AlarmBanner } from './AlarmBanner'
import { useGovernance } from './useGovernance'

/** Shows what stands on the governance log once this browser has read and folded it; a log that does not hold instead. */
export function Governed({ children }: { children: (visit: WholeVisit) => ReactNode }) {
  const { t } = useTranslation('transparency')
  const governance = useGovernance()
  if (governance.isPending) return <Loading label={t('reading')} />
  if (governance.isSuccess) return children(governance.data)
  const { error } = governance
  const retry = () => void governance.refetch()
  if (error instanceof LogAlarm) return <AlarmBanner alarm={error.alarm} onForgotten={retry} />
  const isUnreachable = error instanceof Refused && error.reason === 'log/unreachable'
  return <ErrorState error={isUnreachable ? new Error(t('unreachable')) : error} onRetry={retry} />
}
