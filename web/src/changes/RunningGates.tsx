import { useTranslation } from 'react-i18next'
import { Badge } from '@/ui/Badge'
import { useGates } from './useGates'

/** The suites of an open change that run or wait just now, by the server's word. */
export function RunningGates({ change }: { change: string }) {
  const { t } = useTranslation('changes')
  const { query } = useGates(change)
  return query.data?.gates.map(({ suite, state, done, total }) => {
    if (state === 'waiting') return <Badge key={suite}>{t('gates.waits', { suite })}</Badge>
    if (state !== 'running') return null
    return (
      <Badge key={suite} kind="accent">
        {t('gates.runs', { suite, done, total })}
      </Badge>
    )
  })
}
