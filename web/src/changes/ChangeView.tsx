import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Link } from 'wouter'
import { shortCode } from '@/core/short-code'
import { RUNTIME } from '@/proof/governance/root'
import type { ChangeState, State } from '@/proof/governance/state'
import { NONE } from '@/proof/governance/statement'
import Comparison from '@/transparency/Comparison'
import { Facts } from '@/transparency/Facts'
import { Reason } from '@/transparency/Reason'
import { ReleaseLink } from '@/transparency/ReleaseLink'
import { Digest } from '@/ui/Copy'
import { Section } from '@/ui/Section'
import { EmptyState } from '@/ui/States'
import { When } from '@/ui/When'
import { AdmitSection } from './AdmitSection'
import { BackActions } from './BackActions'
import { BanSection } from './BanSection'
import styles from './Changes.module.css'
import { GateSection } from './GateSection'
import { KeyNote } from './KeyNote'
import { PreviewSection } from './preview/PreviewSection'
import { ReviewSection } from './ReviewSection'
import { RollbackSection } from './RollbackSection'
import { RolloutSection } from './RolloutSection'
import { RuntimeDifferences } from './RuntimeDifferences'
import { StandingBadges } from './Standing'
import { StandingNote } from './StandingNote'
import { isThawing, standingOf } from './standing'
import { ThawSection } from './ThawSection'
import { useBans } from './useBans'
import { useSigner } from './useSigner'

/** One change: what it would change, who said what, which gates it passed, and how it is put in force. */
export function ChangeView({ state, id }: { state: State; id: string }) {
  const { t } = useTranslation('changes')
  const change = state.changes.get(id)
  const all = <Link href="/changes">{t('back.all')}</Link>
  if (change === undefined) return <EmptyState title={t('change.unknown')} action={all} />
  return (
    <>
      <p>{all}</p>
      <KnownChange key={id} state={state} change={change} />
    </>
  )
}

function KnownChange({ state, change }: { state: State; change: ChangeState }) {
  const { t } = useTranslation('changes')
  const signer = useSigner(state)
  const bans = useBans(state, change)
  const [named, setNamed] = useState<ReadonlySet<string>>(new Set())
  const standing = standingOf(state, change, new Set(bans?.map(({ digest }) => digest)))
  const isReady = standing.kind === 'open' && standing.isReady && bans !== undefined
  return (
    <>
      <Section title={t('change.of', { channel: change.channel })}>
        <p className={styles['line']}>
          <code className={styles['bigCode']}>{shortCode(change.id)}</code>
          <StandingBadges standing={standing} />
        </p>
        <StandingNote
          state={state}
          change={change}
          standing={standing}
          isAuthor={signer.roles.has('author')}
        />
        <ChangeFacts state={state} change={change} />
        <Reason digest={change.reason} />
        <KeyNote state={state} signer={signer} />
      </Section>
      <Section
        title={t('change.differences')}
        hint={t(change.channel === RUNTIME ? 'code.about' : 'change.differencesHint')}
      >
        {change.channel === RUNTIME ? (
          <RuntimeDifferences change={change} />
        ) : (
          <Comparison old={change.base === NONE ? null : change.base} now={change.candidate} />
        )}
      </Section>
      {change.channel !== RUNTIME && <PreviewSection change={change} isOpen={standing.kind === 'open'} />}
      {standing.kind === 'open' && (
        <BanSection
          bans={bans ?? []}
          named={named}
          mayName={signer.roles.has('reviewer')}
          onName={setNamed}
        />
      )}
      <ReviewSection
        state={state}
        change={change}
        standing={standing}
        signer={signer}
        bans={bans}
        named={named}
      />
      <GateSection state={state} change={change} standing={standing} />
      {standing.kind === 'open' &&
        (isThawing(state, change) ? (
          isReady && <ThawSection change={change} signer={signer} />
        ) : (
          <AdmitSection change={change} isReady={isReady} signer={signer} />
        ))}
      {standing.kind === 'canary' && (
        <RolloutSection state={state} change={change} shareBp={standing.shareBp} signer={signer} />
      )}
      {standing.kind === 'rolledBack' && <RollbackSection state={state} change={change} />}
      {(standing.kind === 'canary' || standing.kind === 'full') && (
        <BackActions state={state} channel={change.channel} />
      )}
    </>
  )
}

function ChangeFacts({ state, change }: { state: State; change: ChangeState }) {
  const { t } = useTranslation('changes')
  const { base, baseIndex, candidate, channel } = change
  const isRuntime = channel === RUNTIME
  const link = (id: string) => (isRuntime ? <Digest value={id} /> : <ReleaseLink id={id} />)
  return (
    <Facts
      facts={[
        [t('fact.author'), [...change.signers].sort().join(', ')],
        [t('fact.when'), <When key="when" atMs={state.outcomes[change.index]?.statement?.time_ms ?? 0} />],
        [t('fact.candidate'), link(candidate)],
        [
          t('fact.base'),
          base === NONE ? (
            t('fact.first')
          ) : (
            <>
              {link(base)} {t('fact.baseEntry', { index: baseIndex })}
            </>
          ),
        ],
        [
          t('fact.channel'),
          <Link key="channel" href={`/transparency/channel/${encodeURIComponent(channel)}`}>
            {channel}
          </Link>,
        ],
        [t('fact.entry'), String(change.index)],
        [t('fact.id'), <Digest key="id" value={change.id} length={24} />],
      ]}
    />
  )
}
