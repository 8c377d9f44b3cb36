import { useTranslation } from 'react-i18next'
import { Link } from 'wouter'
import type { State } from '@/proof/governance/state'
import { Badge } from '@/ui/Badge'
import { Digest } from '@/ui/Copy'
import { Section } from '@/ui/Section'
import { EmptyState, Loading } from '@/ui/States'
import { Facts } from './Facts'
import { ReleaseTexts, TextBlock } from './ReleaseTexts'
import { placesOf } from './story'
import styles from './Transparency.module.css'
import { useRelease } from './useGovernance'
import { settingsOf } from './wording'

const LONG = 200

/** A release in full: every text, and every setting that shapes what it says. */
export function ReleaseView({ state, id }: { state: State; id: string }) {
  const { t } = useTranslation('transparency')
  const { data: release, isPending } = useRelease(id)
  const places = placesOf(state, id)
  if (isPending) return <Loading />
  if (!release)
    return (
      <EmptyState
        title={t('release.closed')}
        action={<Link href="/transparency">{t('channel.back')}</Link>}
      />
    )
  const settings = settingsOf(release)
  const banned = state.bannedReleases.get(id)
  return (
    <>
      <p className={styles['back']}>
        <Link href="/transparency">{t('channel.back')}</Link>
      </p>
      <Section title={t('release.title', { name: release.name })}>
        <Facts
          facts={[
            [t('channel.id'), <Digest key="id" value={id} length={24} />],
            [t('release.checked'), t('release.checkedBody')],
            [
              t('release.places'),
              places.length === 0
                ? t('release.nowhere')
                : places.map(({ channel, isHead, isCanary }) => (
                    <span key={channel}>
                      <Link href={`/transparency/channel/${encodeURIComponent(channel)}`}>{channel}</Link>{' '}
                      {isHead ? t('release.now') : isCanary ? t('release.trial') : t('release.once')}{' '}
                    </span>
                  )),
            ],
          ]}
        />
        {banned !== undefined && (
          <p>
            <Badge kind="bad">{t('badge.rolledBack')}</Badge> {t('release.banned', { entry: banned })}
          </p>
        )}
      </Section>
      <ReleaseTexts id={id} title={t('release.texts')} />
      <Section title={t('release.settings')}>
        <Facts
          facts={settings.filter(({ text }) => text.length <= LONG).map(({ path, text }) => [path, text])}
        />
        {settings
          .filter(({ text }) => text.length > LONG)
          .map(({ path, text }) => (
            <TextBlock key={path} name={path} text={text} />
          ))}
      </Section>
    </>
  )
}
