import { useTranslation } from 'react-i18next'
import type { ChangeState, State } from '@/proof/governance/state'
import { EntrySentence } from '@/transparency/EntrySentence'
import { ButtonLink } from '@/ui/Button'
import styles from './Changes.module.css'
import { FrozenNote } from './FrozenNote'
import { isThawing, type Standing } from './standing'

/** Says in whole sentences what keeps a change from going on, where something does, and what can be done. */
export function StandingNote({
  state,
  change,
  standing,
  isAuthor,
}: {
  state: State
  change: ChangeState
  standing: Standing
  isAuthor: boolean
}) {
  const { t } = useTranslation('changes')
  switch (standing.kind) {
    case 'stale': {
      const outcome = standing.by === null ? undefined : state.outcomes[standing.by]
      return (
        <div className={styles['notice']}>
          <p>
            {t('note.stale')}{' '}
            {outcome !== undefined && (
              <>
                <EntrySentence outcome={outcome} state={state} /> ({t('entry', { index: outcome.index })})
              </>
            )}
          </p>
          {isAuthor && <AgainLink change={change} />}
        </div>
      )
    }
    case 'refused':
      return <p className={styles['notice']}>{t('note.refused', { suites: standing.suites.join(', ') })}</p>
    case 'open':
      if (!standing.isFrozen) return null
      return (
        <FrozenNote state={state} channel={change.channel}>
          <p>{t(isThawing(state, change) ? 'note.thaws' : 'note.waits')}</p>
        </FrozenNote>
      )
    case 'thawed':
    case 'canary':
    case 'full':
    case 'replaced':
    case 'rolledBack':
      return null
    default:
      return standing satisfies never
  }
}

/** The way to propose the same release once more, against the head of now. */
function AgainLink({ change: { channel, candidate } }: { change: ChangeState }) {
  const { t } = useTranslation('changes')
  return (
    <div className={styles['actions']}>
      <ButtonLink size="small" href={proposalOf(channel, candidate)}>
        {t('note.again')}
      </ButtonLink>
    </div>
  )
}

/** The address where a release is proposed for a channel as it is. */
export function proposalOf(channel: string, release: string): string {
  return `/changes/new?channel=${encodeURIComponent(channel)}&release=${release}`
}
