import { useTranslation } from 'react-i18next'
import { Link } from 'wouter'
import { rulesOf } from '@/proof/governance/fold-change'
import type { State } from '@/proof/governance/state'
import { Digest } from '@/ui/Copy'
import { Section } from '@/ui/Section'
import { EmptyState } from '@/ui/States'
import { ChangeLink } from './ChangeLink'
import { Facts } from './Facts'
import { HeadHistory } from './HeadHistory'
import { ChannelBadges } from './Overview'
import { Proposals } from './Proposals'
import { ReleaseLink } from './ReleaseLink'
import { ReleaseTexts } from './ReleaseTexts'
import styles from './Transparency.module.css'

/** One channel: what answers, every word of its prompt, how it came to be, and what is proposed. */
export function ChannelView({ state, name }: { state: State; name: string }) {
  const { t } = useTranslation('transparency')
  const channel = state.channels.get(name)
  if (channel === undefined || state.root === null)
    return (
      <EmptyState
        title={t('channel.unknown')}
        action={<Link href="/transparency">{t('channel.back')}</Link>}
      />
    )
  const head = channel.serving
  const change = head && state.changes.get(head.change)
  const rules = rulesOf(state.root, name)
  const gates = [...(change?.gates ?? [])].filter(([, gate]) => gate.passed).map(([suite]) => suite)
  return (
    <>
      <p className={styles['back']}>
        <Link href="/transparency">{t('channel.back')}</Link>
      </p>
      <Section title={t('channel.title', { name })}>
        <p className={styles['badges']}>
          <ChannelBadges state={state} name={name} />
        </p>
        {head && change ? (
          <Facts
            facts={[
              [t('channel.release'), <ReleaseLink key="release" id={head.release} />],
              [t('channel.id'), <Digest key="id" value={head.release} length={24} />],
              [t('proposals.change'), <ChangeLink key="change" id={change.id} />],
              [t('channel.proposed'), [...change.signers].sort().join(', ')],
              [t('channel.approved'), head.approved.join(', ') || t('channel.nobodyElse')],
              [t('channel.gates'), gates.join(', ') || t('channel.noGates')],
              ...(channel.canary
                ? ([[t('channel.canary'), <ReleaseLink key="canary" id={channel.canary.release} />]] as const)
                : []),
            ]}
          />
        ) : (
          <p className={styles['soft']}>{t('overview.nothing')}</p>
        )}
        <h3>{t('channel.rules')}</h3>
        <Facts
          facts={[
            [t('channel.approvals'), String(rules.approvals)],
            [t('channel.suites'), rules.gates.map((gate) => gate.suite).join(', ') || t('channel.noGates')],
            [t('channel.depth'), String(rules.rollback_depth)],
            [t('channel.witness'), t(rules.witness ? 'yes' : 'no')],
          ]}
        />
      </Section>
      {head && <ReleaseTexts id={head.release} title={t('channel.prompt')} />}
      <HeadHistory state={state} name={name} />
      <Proposals state={state} name={name} />
    </>
  )
}
