import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { browserClient } from '@/proof/browser'
import type { ChangeState, State } from '@/proof/governance/state'
import { DifferenceList } from '@/transparency/Comparison'
import { EntrySentence } from '@/transparency/EntrySentence'
import { Facts } from '@/transparency/Facts'
import { Reason } from '@/transparency/Reason'
import { ServedLink } from '@/transparency/ReleaseLink'
import { Digest } from '@/ui/Copy'
import { Section } from '@/ui/Section'
import { When } from '@/ui/When'
import { AffectedTurns } from './AffectedTurns'
import styles from './Changes.module.css'
import { type Timeline, timelineOf } from './timeline'

/** How a change was taken back: by whom, what went with it, and which replies were given under it. */
export function RollbackSection({ state, change }: { state: State; change: ChangeState }) {
  const { t } = useTranslation('changes')
  const move = state.bannedReleases.get(change.candidate)
  const outcome = move === undefined ? undefined : state.outcomes[move]
  const { data: timeline } = useTimeline(state, change.channel, move)
  if (outcome?.statement?.kind !== 'move') return null
  const { cause, to, time_ms } = outcome.statement
  return (
    <Section title={t('timeline.title')} hint={t('timeline.hint')}>
      <p>
        <EntrySentence outcome={outcome} state={state} /> ({t('entry', { index: outcome.index })},{' '}
        <When atMs={time_ms} />
        ). {t('timeline.again')} <ServedLink channel={change.channel} id={to} />
      </p>
      <Reason digest={cause} />
      {timeline === null && <p className={styles['soft']}>{t('timeline.missing')}</p>}
      {timeline && <Body timeline={timeline} channel={change.channel} move={outcome.index} />}
    </Section>
  )
}

/** Reads the timeline by its digest; while it is not written, again with every new entry of the log. */
function useTimeline(state: State, channel: string, move: number | undefined) {
  return useQuery({
    queryKey: ['proof', 'timeline', channel, move, state.size],
    queryFn: () => (move === undefined ? null : timelineOf(state, channel, move, browserClient().blobs)),
    staleTime: Number.POSITIVE_INFINITY,
    retry: false,
  })
}

function Body({ timeline, channel, move }: { timeline: Timeline; channel: string; move: number }) {
  const { t } = useTranslation('changes')
  const { turns, bans, differences, digest } = timeline
  const leaves = turns.leaves.map(([first, last]) => (first === last ? String(first) : `${first}–${last}`))
  return (
    <>
      <Facts
        facts={[
          [t('timeline.bans'), t('timeline.banned', { count: bans })],
          [t('timeline.turns'), t('timeline.affected', { count: turns.count, withdrawn: turns.withdrawn })],
          ...(turns.count === 0
            ? []
            : ([
                [t('timeline.leaves'), leaves.join(', ') + (turns.isWhole ? '' : ` ${t('timeline.cut')}`)],
                [t('timeline.log'), turns.log],
              ] as const)),
          [t('timeline.document'), <Digest key="document" value={digest} length={24} />],
        ]}
      />
      {turns.count > 0 && <AffectedTurns channel={channel} move={move} />}
      <details className={styles['details']}>
        <summary>{t('timeline.differences', { count: differences.length })}</summary>
        <DifferenceList differences={differences} />
      </details>
    </>
  )
}
