import { useTranslation } from 'react-i18next'
import { Link } from 'wouter'
import type { State } from '@/proof/governance/state'
import { AlarmMeaning } from '@/transparency/AlarmMeaning'
import { Section } from '@/ui/Section'
import { When } from '@/ui/When'
import styles from './Changes.module.css'
import { alarmsSince } from './recent-alarms'

const DAYS_MS = 7 * 86_400_000
const SHOWN = 3

/** The latest alarms of the log, for people who decide; nothing where there was none for a week. */
export function RecentAlarms({ state }: { state: State }) {
  const { t } = useTranslation('alarms')
  const alarms = alarmsSince(state, Date.now() - DAYS_MS)
  if (alarms.length === 0) return null
  return (
    <Section title={t('title')} hint={t('hint')}>
      <ul className={styles['cards']}>
        {alarms.slice(0, SHOWN).map(({ index, code, channel, lastMs }) => (
          <li key={index} className={styles['notice']}>
            <p>
              <strong>
                <AlarmMeaning code={code} />
              </strong>{' '}
              <When atMs={lastMs} />
            </p>
            <p className={styles['soft']}>
              {t(`next.${code}`, { defaultValue: t('next.unknown') })} (<code>{code}</code>
              {channel !== null && `, ${channel}`})
            </p>
          </li>
        ))}
      </ul>
      <p>
        <Link href="/transparency/decisions">{t('all')}</Link>
      </p>
    </Section>
  )
}
