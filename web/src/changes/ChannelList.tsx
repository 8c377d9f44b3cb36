import { Suspense } from 'react'
import { useTranslation } from 'react-i18next'
import { Link } from 'wouter'
import { shortCode } from '@/core/short-code'
import { RUNTIME } from '@/proof/governance/root'
import type { ChangeState, State } from '@/proof/governance/state'
import { ChannelBadges } from '@/transparency/Overview'
import { Reason } from '@/transparency/Reason'
import { ServedLink } from '@/transparency/ReleaseLink'
import { channelNames } from '@/transparency/story'
import { ButtonLink } from '@/ui/Button'
import { Section } from '@/ui/Section'
import { EmptyState } from '@/ui/States'
import { When } from '@/ui/When'
import { BackActions } from './BackActions'
import styles from './Changes.module.css'
import { FrozenNote } from './FrozenNote'
import { KeyNote } from './KeyNote'
import { RecentAlarms } from './RecentAlarms'
import { RunningGates } from './RunningGates'
import { StandingBadges } from './Standing'
import { proposalOf } from './StandingNote'
import type { Signer } from './signer'
import { changesOf, standingOf } from './standing'
import { useBans } from './useBans'
import { useSigner } from './useSigner'

/** Every channel with its head, what is proposed for it, and what became of earlier proposals. */
export function ChannelList({ state }: { state: State }) {
  const { t } = useTranslation('changes')
  const names = channelNames(state)
  const signer = useSigner(state)
  if (names.length === 0) return <EmptyState title={t('list.noChannels')} />
  return (
    <>
      <KeyNote state={state} signer={signer} />
      {/* Its texts come when it is shown: the page must not be taken away until then. */}
      <Suspense>{signer.mayDraft && <RecentAlarms state={state} />}</Suspense>
      {[...names, RUNTIME].map((name) => (
        <Channel key={name} state={state} name={name} signer={signer} />
      ))}
    </>
  )
}

function Channel({ state, name, signer }: { state: State; name: string; signer: Signer }) {
  const { t } = useTranslation('changes')
  const { going, ended } = changesOf(state, name)
  const head = state.channels.get(name)?.serving
  const isRuntime = name === RUNTIME
  const isAuthor = signer.roles.has('author') && !isRuntime
  return (
    <Section title={name} {...(isRuntime ? { hint: t('list.runtime') } : {})}>
      <p className={styles['line']}>
        {head ? (
          <>
            {t('list.head')} <ServedLink channel={name} id={head.release} />
          </>
        ) : (
          t('list.nothing')
        )}
        <ChannelBadges state={state} name={name} />
        {!isRuntime && (
          <Link href={`/transparency/channel/${encodeURIComponent(name)}`}>{t('list.story')}</Link>
        )}
      </p>
      <FrozenNote state={state} channel={name}>
        <p>{t(isRuntime ? 'frozen.thawRuntime' : 'frozen.thaw')}</p>
        {isAuthor && head && (
          <div className={styles['actions']}>
            <ButtonLink size="small" href={proposalOf(name, head.release)}>
              {t('frozen.propose')}
            </ButtonLink>
          </div>
        )}
      </FrozenNote>
      {isAuthor && (
        <div className={styles['actions']}>
          <ButtonLink kind="primary" href={`/changes/new?channel=${encodeURIComponent(name)}`}>
            {t('list.propose')}
          </ButtonLink>
        </div>
      )}
      {going.length === 0 ? (
        <p className={styles['soft']}>{t('list.none')}</p>
      ) : (
        <ChangeCards state={state} changes={going} />
      )}
      <BackActions state={state} channel={name} />
      {ended.length > 0 && (
        <details className={styles['details']}>
          <summary>{t('list.ended', { count: ended.length })}</summary>
          <ChangeCards state={state} changes={ended} />
        </details>
      )}
    </Section>
  )
}

function ChangeCards({ state, changes }: { state: State; changes: readonly ChangeState[] }) {
  return (
    <ol className={styles['cards']}>
      {changes.map((change) => (
        <li key={change.id}>
          <ChangeCard state={state} change={change} />
        </li>
      ))}
    </ol>
  )
}

function ChangeCard({ state, change }: { state: State; change: ChangeState }) {
  const { t } = useTranslation('changes')
  const code = shortCode(change.id)
  const bans = useBans(state, change)
  const standing = standingOf(state, change, new Set(bans?.map(({ digest }) => digest)))
  return (
    <article className={styles['card']} aria-label={code}>
      <p className={styles['line']}>
        <Link href={`/changes/${change.id}`}>
          <code>{code}</code>
        </Link>
        <StandingBadges standing={standing} />
        {standing.kind === 'open' && <RunningGates change={change.id} />}
      </p>
      <p className={styles['soft']}>
        {t('list.by', { persons: [...change.signers].sort().join(', ') })}{' '}
        <When atMs={state.outcomes[change.index]?.statement?.time_ms ?? 0} />
      </p>
      <Reason digest={change.reason} />
    </article>
  )
}
