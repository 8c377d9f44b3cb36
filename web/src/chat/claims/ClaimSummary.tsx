import { ListFilter, Undo2 } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { countStandings, unsupported } from '@/core/claims'
import type { ClaimBody } from '@/core/wire'
import { Button } from '@/ui/Button'
import { ClaimMark } from './ClaimMark'
import styles from './Claims.module.css'

export interface ClaimSummaryProps {
  readonly claims: readonly ClaimBody[]
  readonly isFiltered: boolean
  readonly onFilter: (isFiltered: boolean) => void
}

/** How many sentences stand in which way, and the way to those that no source supports. */
export function ClaimSummary({ claims, isFiltered, onFilter }: ClaimSummaryProps) {
  const { t } = useTranslation('chat')
  if (claims.length === 0) return null
  const counts = countStandings(claims).map(({ standing, count }) => t(`claims.count.${standing}`, { count }))
  const hasOthers = unsupported(claims).length > 0
  return (
    <div className={styles['summary']}>
      <p>{counts.join(', ')}</p>
      {(hasOthers || isFiltered) && (
        <Button size="small" onClick={() => onFilter(!isFiltered)}>
          {isFiltered ? <Undo2 size={14} aria-hidden="true" /> : <ListFilter size={14} aria-hidden="true" />}{' '}
          {t(isFiltered ? 'claims.whole' : 'claims.filter')}
        </Button>
      )}
    </div>
  )
}

/** The sentences that no source supports, without the rest of the answer. */
export function UnsupportedClaims({ claims }: { claims: readonly ClaimBody[] }) {
  const { t } = useTranslation('chat')
  return (
    <ul className={styles['unsupported']} aria-label={t('claims.unsupported')}>
      {unsupported(claims).map((claim) => (
        <li key={claim.start} dir="auto">
          {claim.text} <ClaimMark claim={claim} />
        </li>
      ))}
    </ul>
  )
}
