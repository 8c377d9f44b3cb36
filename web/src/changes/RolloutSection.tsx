import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import type { NextStep } from '@/core/wire'
import type { ChangeState, State } from '@/proof/governance/state'
import { FULL } from '@/proof/governance/statement'
import { keys } from '@/queries'
import { Progress } from '@/ui/Progress'
import { Section } from '@/ui/Section'
import { When } from '@/ui/When'
import styles from './Changes.module.css'
import { readRollout } from './change-calls'
import { MonitorFigures } from './MonitorFigures'
import { SignAction } from './SignAction'
import type { Signer } from './signer'

const REFRESH_MS = 5_000

/** How far a canary is: its share and moves from the log, what the next step waits for from the server. */
export function RolloutSection({
  state,
  change,
  shareBp,
  signer,
}: {
  state: State
  change: ChangeState
  shareBp: number
  signer: Signer
}) {
  const { t } = useTranslation('changes')
  const { channel } = change
  const { data } = useQuery({
    queryKey: keys.rollout(channel),
    queryFn: ({ signal }) => readRollout(channel, signal),
    refetchInterval: REFRESH_MS,
  })
  const next = data?.canary?.change === change.id ? data.next : null
  const following = data?.plan?.steps.find((step) => step.share_bp > shareBp)?.share_bp ?? FULL
  return (
    <Section title={t('rollout.title')} hint={t('rollout.hint')}>
      <p>{t('rollout.share', { share: shareBp / 100 })}</p>
      <Progress label={t('rollout.progress')} value={shareBp} max={FULL} />
      <Moves state={state} change={change} />
      {next && <NextWords next={next} />}
      {signer.roles.has('operator') && (
        <div className={styles['actions']}>
          {following < FULL && (
            <SignAction
              kind="primary"
              action={t('rollout.step', { share: following / 100 })}
              wish={{ kind: 'step', channel, share_bp: following }}
            />
          )}
          <SignAction
            kind={following < FULL ? 'plain' : 'primary'}
            action={t('rollout.full')}
            wish={{ kind: 'step', channel, share_bp: FULL }}
          />
        </div>
      )}
      <MonitorFigures channel={channel} change={change.id} />
    </Section>
  )
}

/** The moves of the canary so far, from the log. */
function Moves({ state, change }: { state: State; change: ChangeState }) {
  const { t } = useTranslation('changes')
  const moves = state.outcomes.flatMap(({ statement, reason, index, signers }) => {
    const isOurs = reason === null && statement?.kind === 'move' && statement.change === change.id
    return isOurs ? [{ statement, index, signers }] : []
  })
  return (
    <ol className={styles['moves']}>
      {moves.map(({ statement, index, signers }) => (
        <li key={index}>
          {t('rollout.move', { share: statement.share_bp / 100, persons: signers.join(', '), index })}{' '}
          <When atMs={statement.time_ms} />
        </li>
      ))}
    </ol>
  )
}

function NextWords({ next }: { next: NextStep }) {
  const { t } = useTranslation('changes')
  const share = next.share_bp / 100
  return (
    <p>
      {t('byServer')} {t(`rollout.next.${next.by}`, { share })} {t(`rollout.wait.${next.state}`)}{' '}
      {next.until_ms !== null && <When atMs={next.until_ms} />}
    </p>
  )
}
