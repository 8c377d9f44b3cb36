import { useTranslation } from 'react-i18next'
import { Badge } from '@/ui/Badge'
import styles from './Changes.module.css'
import { isMet, type Standing } from './standing'

/** Where a change stands, in a word or two. */
export function StandingBadges({ standing }: { standing: Standing }) {
  const { t } = useTranslation('changes')
  return (
    <span className={styles['badges']} data-standing={standing.kind}>
      <Words standing={standing} t={t} />
    </span>
  )
}

function Words({
  standing,
  t,
}: {
  standing: Standing
  t: ReturnType<typeof useTranslation<'changes'>>['t']
}) {
  switch (standing.kind) {
    case 'open': {
      const { reviews, gates, isReady } = standing
      return (
        <>
          {isReady && <Badge kind="good">{t('standing.ready')}</Badge>}
          <Badge kind={isMet(reviews) ? 'plain' : 'accent'}>{t('standing.reviews', { ...reviews })}</Badge>
          <Badge kind={isMet(gates) ? 'plain' : 'accent'}>{t('standing.gates', { ...gates })}</Badge>
        </>
      )
    }
    case 'refused':
      return <Badge kind="bad">{t('standing.refused', { suites: standing.suites.join(', ') })}</Badge>
    case 'canary':
      return <Badge kind="accent">{t('standing.canary', { share: standing.shareBp / 100 })}</Badge>
    case 'stale':
    case 'thawed':
    case 'replaced':
      return <Badge>{t(`standing.${standing.kind}`)}</Badge>
    case 'full':
      return <Badge kind="good">{t('standing.full')}</Badge>
    case 'rolledBack':
      return <Badge kind="bad">{t('standing.rolledBack')}</Badge>
    default:
      return standing satisfies never
  }
}
