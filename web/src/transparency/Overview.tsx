import { useTranslation } from 'react-i18next'
import { Link } from 'wouter'
import { personsOf, ROLES, RUNTIME } from '@/proof/governance/root'
import { isRolledBack, type State } from '@/proof/governance/state'
import { Badge } from '@/ui/Badge'
import { Digest } from '@/ui/Copy'
import { Section } from '@/ui/Section'
import { When } from '@/ui/When'
import { Facts } from './Facts'
import { FingerprintLine } from './FingerprintLine'
import { ReleaseLink } from './ReleaseLink'
import { channelNames, reignsOf } from './story'
import styles from './Transparency.module.css'

/** Every channel with what answers there, and who decides here. */
export function Overview({ state }: { state: State }) {
  const { t } = useTranslation('transparency')
  const { root } = state
  if (root === null) return <p className={styles['caveat']}>{t('noRoot')}</p>
  return (
    <>
      <Section title={t('overview.channels')}>
        <ul className={styles['channels']}>
          {channelNames(state).map((name) => (
            <li key={name}>
              <ChannelCard state={state} name={name} />
            </li>
          ))}
        </ul>
      </Section>
      <Section title={t('overview.who')}>
        <p>{t(root.solo ? 'overview.solo' : 'overview.quorum')}</p>
        <Facts
          facts={ROLES.map((role) => [
            t(`role.${role}`),
            [...personsOf(root, role)].sort().join(', ') || t('overview.nobody'),
          ])}
        />
        <p className={styles['soft']}>{t('overview.rootVersion', { version: root.version })}</p>
      </Section>
      <Section title={t('overview.program')}>
        <Facts facts={[[t('overview.admitted'), <Digest key="runtime" value={runtimeOf(state)} />]]} />
        <p className={styles['soft']}>{t('overview.programBody')}</p>
      </Section>
      <Section title={t('overview.fingerprint')}>
        <FingerprintLine value={state.fingerprint} />
        <p className={styles['soft']}>{t('overview.fingerprintBody')}</p>
      </Section>
    </>
  )
}

function runtimeOf(state: State): string {
  return state.channels.get(RUNTIME)?.serving?.release ?? '—'
}

function ChannelCard({ state, name }: { state: State; name: string }) {
  const { t } = useTranslation('transparency')
  const channel = state.channels.get(name)
  const head = channel?.serving
  const since = reignsOf(state, name).at(-1)
  return (
    <article className={styles['channel']}>
      <h3>
        <Link href={`/transparency/channel/${encodeURIComponent(name)}`}>{name}</Link>
      </h3>
      {head ? (
        <p>
          {t('overview.answers')} <ReleaseLink id={head.release} />
          {since && (
            <>
              {', '}
              <When atMs={since.timeMs} />
            </>
          )}
        </p>
      ) : (
        <p className={styles['soft']}>{t('overview.nothing')}</p>
      )}
      <p className={styles['badges']}>
        <ChannelBadges state={state} name={name} />
      </p>
    </article>
  )
}

/** What is to be known of a channel at a glance, each in a word. */
export function ChannelBadges({ state, name }: { state: State; name: string }) {
  const { t } = useTranslation('transparency')
  const channel = state.channels.get(name)
  const head = channel?.serving
  const isOut = head ? isRolledBack(head, state.bannedReleases) : false
  return (
    <>
      {head?.mode === 'solo' && <Badge kind="warn">{t('badge.solo')}</Badge>}
      {head?.mode === 'quorum' && <Badge kind="good">{t('badge.quorum')}</Badge>}
      {channel?.canary && (
        <Badge kind="accent">{t('badge.canary', { share: channel.canary.shareBp / 100 })}</Badge>
      )}
      {channel?.frozen && <Badge kind="bad">{t('badge.frozen')}</Badge>}
      {isOut && <Badge kind="bad">{t('badge.rolledBack')}</Badge>}
      {state.root?.channels.get(name)?.public === false && <Badge>{t('badge.closed')}</Badge>}
    </>
  )
}
