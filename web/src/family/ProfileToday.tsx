import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { endChildSessions, listAlerts, listChildSessions, readPin, readUse } from '@/core/junior'
import type { ProfileBody, UseBody } from '@/core/wire'
import { Button } from '@/ui/Button'
import { useExplain } from '@/ui/errors'
import { Section } from '@/ui/Section'
import { ErrorState, Loading } from '@/ui/States'
import { toast } from '@/ui/Toast'
import { When } from '@/ui/When'
import styles from './Family.module.css'
import { AlertItems, dayIn, PinSection } from './FamilyHome'
import { HandOver } from './HandOver'
import { juniorKeys } from './queries'

const DAYS = 7
const MINUTE_MS = 60_000

/** What a guardian looks for first: what worried Junior, how long it was used, and the way to hand it over. */
export function ProfileToday({ profile }: { profile: ProfileBody }) {
  const { t } = useTranslation('family')
  const alerts = useQuery({ queryKey: juniorKeys.alerts, queryFn: ({ signal }) => listAlerts(signal) })
  const use = useQuery({
    queryKey: juniorKeys.use(profile.id),
    queryFn: ({ signal }) => readUse(profile.id, signal),
  })
  const pin = useQuery({ queryKey: juniorKeys.pin, queryFn: ({ signal }) => readPin(signal) })
  const own = alerts.data?.data.filter((alert) => alert.profile === profile.id) ?? []
  return (
    <>
      <Section title={t('alerts.title')} hint={t('alerts.hint')}>
        {own.length === 0 ? (
          <p className={styles['note']}>{t('alerts.none')}</p>
        ) : (
          <AlertItems alerts={own} profiles={[profile]} />
        )}
      </Section>
      <Section title={t('use.title')} hint={t('use.hint')}>
        {use.isPending && <Loading />}
        {use.isError && <ErrorState error={use.error} onRetry={() => void use.refetch()} />}
        {use.isSuccess && <UseBars profile={profile} days={use.data.data} />}
      </Section>
      {pin.data?.is_set === false ? (
        <PinSection />
      ) : (
        <Section title={t('setUp.title.handOver')} hint={t('setUp.lead.handOver')}>
          <HandOver profile={profile} />
        </Section>
      )}
      <Sessions profile={profile} />
    </>
  )
}

/** Minutes of today and the days before, as bars with their numbers. */
function UseBars({ profile, days }: { profile: ProfileBody; days: UseBody['data'] }) {
  const { t, i18n } = useTranslation('family')
  const now = Date.now()
  const shown = Array.from({ length: DAYS }, (_, back) => {
    const atMs = now - (DAYS - 1 - back) * 86_400_000
    const day = dayIn(profile.time_zone, atMs)
    const used = days.find((one) => one.day === day)?.used_ms ?? 0
    return { day, atMs, minutes: Math.round(used / MINUTE_MS) }
  })
  const most = Math.max(profile.daily_minutes ?? 0, 10, ...shown.map(({ minutes }) => minutes))
  const weekday = new Intl.DateTimeFormat(i18n.language, { weekday: 'short', timeZone: profile.time_zone })
  const today = shown.at(-1)?.minutes ?? 0
  return (
    <>
      <p className={styles['today']}>
        {profile.daily_minutes === null
          ? t('use.today', { count: today })
          : t('use.todayOf', { count: today, of: profile.daily_minutes })}
      </p>
      <ol className={styles['bars']}>
        {shown.map(({ day, atMs, minutes }) => (
          <li key={day}>
            <span className={styles['barRoom']} aria-hidden="true">
              <span className={styles['bar']} style={{ height: `${(minutes / most) * 100}%` }} />
            </span>
            <span className={styles['barNumber']}>{t('limits.minutes', { count: minutes })}</span>
            <span className={styles['soft']}>{weekday.format(atMs)}</span>
          </li>
        ))}
      </ol>
    </>
  )
}

/** Where the child's page is open now, and the way to end that from here. */
function Sessions({ profile }: { profile: ProfileBody }) {
  const { t } = useTranslation('family')
  const explain = useExplain()
  const client = useQueryClient()
  const found = useQuery({
    queryKey: juniorKeys.sessions(profile.id),
    queryFn: ({ signal }) => listChildSessions(profile.id, signal),
  })
  const end = useMutation({
    mutationFn: () => endChildSessions(profile.id),
    onSuccess: ({ ended }) => toast(t('sessions.ended', { count: ended })),
    onError: (error) => toast(explain(error).message, { kind: 'problem' }),
    onSettled: () => client.invalidateQueries({ queryKey: juniorKeys.sessions(profile.id) }),
  })
  if (!found.isSuccess) return null
  const open = found.data.data
  return (
    <Section title={t('sessions.title')} hint={t('sessions.hint')}>
      {open.length === 0 ? (
        <p className={styles['note']}>{t('sessions.none')}</p>
      ) : (
        <>
          <ul className={styles['plainList']}>
            {open.map((session) => (
              <li key={session.id}>
                {t('sessions.since')} <When atMs={session.created_ms} />
              </li>
            ))}
          </ul>
          <div>
            <Button isBusy={end.isPending} onClick={() => end.mutate()}>
              {t('sessions.end')}
            </Button>
          </div>
        </>
      )}
    </Section>
  )
}
