import { useTranslation } from 'react-i18next'
import { Digest } from '@/ui/Copy'
import { Section } from '@/ui/Section'
import type { MetBan } from './bans'
import styles from './Changes.module.css'

/** What a candidate brings back of what was rolled back; a reviewer says of each whether it may return. */
export function BanSection({
  bans,
  named,
  mayName,
  onName,
}: {
  bans: readonly MetBan[]
  /** Digests of those that the review is going to name. */
  named: ReadonlySet<string>
  mayName: boolean
  onName: (named: ReadonlySet<string>) => void
}) {
  const { t } = useTranslation('changes')
  if (bans.length === 0) return null
  const toggle = (digest: string, isNamed: boolean) => {
    const next = new Set(named)
    if (isNamed) next.add(digest)
    else next.delete(digest)
    onName(next)
  }
  return (
    <Section title={t('bans.title')} hint={t('bans.hint', { count: bans.length })}>
      <ul className={styles['cards']}>
        {bans.map((ban) => (
          <li key={ban.digest} className={styles['card']}>
            <BanText ban={ban} />
            {mayName && (
              <label className={styles['check']}>
                <input
                  type="checkbox"
                  checked={named.has(ban.digest)}
                  onChange={(event) => toggle(ban.digest, event.target.checked)}
                />
                <span>{t('bans.name')}</span>
              </label>
            )}
          </li>
        ))}
      </ul>
      {mayName && <p className={styles['soft']}>{t('bans.all')}</p>}
    </Section>
  )
}

/** What a ban keeps out, and the digest under which a review names it. */
export function BanText({ ban: { digest, kind, sentence, index } }: { ban: MetBan }) {
  const { t } = useTranslation('changes')
  return (
    <>
      {kind === 'release' && <p>{t('bans.release')}</p>}
      {kind === 'sentence' && sentence === null && <p className={styles['soft']}>{t('bans.gone')}</p>}
      {sentence !== null && (
        <blockquote className={styles['quote']} dir="auto">
          {sentence}
        </blockquote>
      )}
      <p className={styles['soft']}>
        {t('bans.since', { index })} <Digest value={digest} />
      </p>
    </>
  )
}
