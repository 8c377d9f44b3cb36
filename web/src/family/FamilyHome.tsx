import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { ChevronRight, Plus, School } from 'lucide-react'
import { useId, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Link } from 'wouter'
import { readAccount } from '@/core/account'
import { dismissAlert, listAlerts, listProfiles, readPin, readUse } from '@/core/junior'
import type { AlertList, ProfileBody } from '@/core/wire'
import { keys } from '@/queries'
import { Page } from '@/shell/Page'
import { AnimalFace } from '@/ui/AnimalFace'
import { Badge } from '@/ui/Badge'
import { Button, ButtonLink } from '@/ui/Button'
import { Dialog } from '@/ui/Dialog'
import { useExplain } from '@/ui/errors'
import { Section } from '@/ui/Section'
import { ErrorState, Loading } from '@/ui/States'
import { toast } from '@/ui/Toast'
import { When } from '@/ui/When'
import styles from './Family.module.css'
import { JoinCode } from './JoinCode'
import { PinForm } from './PinForm'
import { juniorKeys } from './queries'
import { usePairName } from './usePairName'

/** All children of a guardian, what needs attention first. */
export function FamilyHome() {
  const { t } = useTranslation('family')
  const found = useQuery({ queryKey: juniorKeys.profiles, queryFn: ({ signal }) => listProfiles(signal) })
  return (
    <Page title={t('title')} width="wide">
      {found.isPending && <Loading />}
      {found.isError && <ErrorState error={found.error} onRetry={() => void found.refetch()} />}
      {found.isSuccess &&
        (found.data.data.length === 0 ? <Welcome /> : <Children profiles={found.data.data} />)}
    </Page>
  )
}

/** For somebody who has no child here yet: what this is, in a few words, and where it begins. */
function Welcome() {
  const { t } = useTranslation('family')
  return (
    <div className={styles['welcome']}>
      <div className={styles['trio']}>
        <AnimalFace animal="duck" colour="yellow" />
        <AnimalFace animal="fox" colour="green" />
        <AnimalFace animal="owl" colour="blue" />
      </div>
      <p className={styles['lead']}>{t('welcome.lead')}</p>
      <ul className={styles['promises']}>
        <li>{t('welcome.written')}</li>
        <li>{t('welcome.limits')}</li>
        <li>{t('welcome.kept')}</li>
        <li>{t('welcome.closed')}</li>
      </ul>
      <div className={styles['row']}>
        <ButtonLink kind="primary" href="/family/new">
          {t('welcome.begin')}
        </ButtonLink>
        <ButtonLink href="/family/classroom">
          <School size={18} aria-hidden="true" /> {t('classroom.page')}
        </ButtonLink>
      </div>
      <p className={styles['soft']}>{t('welcome.time')}</p>
    </div>
  )
}

function Children({ profiles }: { profiles: readonly ProfileBody[] }) {
  const { t } = useTranslation('family')
  return (
    <div className={styles['sections']}>
      <Alerts profiles={profiles} />
      <Section title={t('children')}>
        <ul className={styles['cards']}>
          {profiles.map((profile) => (
            <li key={profile.id}>
              <ChildCard profile={profile} />
            </li>
          ))}
        </ul>
        <div className={styles['row']}>
          <ButtonLink kind="primary" href="/family/new">
            <Plus size={18} aria-hidden="true" /> {t('add')}
          </ButtonLink>
          <ButtonLink href="/family/classroom">
            <School size={18} aria-hidden="true" /> {t('classroom.page')}
          </ButtonLink>
        </div>
      </Section>
      {profiles.some(({ place }) => place === 'classroom') && <JoinCode />}
      <PinSection />
    </div>
  )
}

function ChildCard({ profile }: { profile: ProfileBody }) {
  const { t } = useTranslation('family')
  const pairName = usePairName()
  // A class of sixty is not asked for one by one.
  const use = useQuery({
    queryKey: juniorKeys.use(profile.id),
    queryFn: ({ signal }) => readUse(profile.id, signal),
    enabled: profile.place === 'home',
  })
  const today = use.data?.data.find(({ day }) => day === dayIn(profile.time_zone))
  const minutes = Math.round((today?.used_ms ?? 0) / 60_000)
  return (
    <Link href={`/family/${profile.id}`} className={styles['card']}>
      <AnimalFace animal={profile.animal} colour={profile.colour} size={4.5} />
      <span className={styles['cardWords']}>
        <strong className={styles['cardName']}>{pairName(profile)}</strong>
        <span className={styles['soft']}>
          {t(`band.${profile.band}.name`)}
          {profile.place === 'classroom' && ` · ${t('place.classroom')}`}
        </span>
        {use.isSuccess && <span className={styles['soft']}>{t('usedToday', { count: minutes })}</span>}
        {profile.log_days !== null && <Badge>{t('log.isKept')}</Badge>}
      </span>
      <ChevronRight size={20} aria-hidden="true" />
    </Link>
  )
}

/** What worried Junior. That nothing stands here proves nothing, and it says so. */
function Alerts({ profiles }: { profiles: readonly ProfileBody[] }) {
  const { t } = useTranslation('family')
  const found = useQuery({ queryKey: juniorKeys.alerts, queryFn: ({ signal }) => listAlerts(signal) })
  if (!found.isSuccess || found.data.data.length === 0) return null
  return (
    <Section title={t('alerts.title')} hint={t('alerts.hint')}>
      <AlertItems alerts={found.data.data} profiles={profiles} />
    </Section>
  )
}

/** Alerts with the way to dismiss each. */
export function AlertItems({
  alerts,
  profiles,
}: {
  alerts: AlertList['data']
  profiles: readonly ProfileBody[]
}) {
  const { t } = useTranslation('family')
  const explain = useExplain()
  const pairName = usePairName()
  const client = useQueryClient()
  const dismiss = useMutation({
    mutationFn: dismissAlert,
    onError: (error) => toast(explain(error).message, { kind: 'problem' }),
    onSettled: () => client.invalidateQueries({ queryKey: juniorKeys.alerts }),
  })
  return (
    <ul className={styles['alerts']}>
      {alerts.map((alert) => {
        const child = profiles.find(({ id }) => id === alert.profile)
        return (
          <li key={alert.id} className={styles['alert']}>
            {child !== undefined && <AnimalFace animal={child.animal} colour={child.colour} size={3.5} />}
            <div className={styles['cardWords']}>
              <strong>
                {t(`alerts.is.${alert.category}.title`, { defaultValue: t('alerts.is.other.title') })}
              </strong>
              <span className={styles['soft']}>
                {child !== undefined && `${pairName(child)} · `}
                <When atMs={alert.created_ms} />
              </span>
              <p>{t(`alerts.is.${alert.category}.advice`, { defaultValue: t('alerts.is.other.advice') })}</p>
            </div>
            <Button size="small" onClick={() => dismiss.mutate(alert.id)}>
              {t('alerts.dismiss')}
            </Button>
          </li>
        )
      })}
    </ul>
  )
}

/** The way out of every child's session: set, or replaced where it was forgotten. */
export function PinSection() {
  const { t } = useTranslation(['family', 'common'])
  const form = useId()
  const [isOpen, setOpen] = useState(false)
  const [isBusy, setBusy] = useState(false)
  const pin = useQuery({ queryKey: juniorKeys.pin, queryFn: ({ signal }) => readPin(signal) })
  const account = useQuery({ queryKey: keys.account, queryFn: ({ signal }) => readAccount(signal) })
  if (!pin.isSuccess) return null
  const isSet = pin.data.is_set
  const needsPassword = isSet && (account.data?.has_password ?? true)
  return (
    <Section title={t('pin.title')} hint={t(isSet ? 'pin.forgotten' : 'pin.none')}>
      <div>
        <Button onClick={() => setOpen(true)}>{t(isSet ? 'pin.replace' : 'pin.set')}</Button>
      </div>
      <Dialog
        isOpen={isOpen}
        onClose={() => setOpen(false)}
        title={t(isSet ? 'pin.replace' : 'pin.set')}
        actions={
          <>
            <Button onClick={() => setOpen(false)}>{t('common:cancel')}</Button>
            <Button type="submit" form={form} kind="primary" isBusy={isBusy}>
              {t('pin.set')}
            </Button>
          </>
        }
      >
        <PinForm
          id={form}
          isReplaced={needsPassword}
          onBusy={setBusy}
          onDone={() => {
            setOpen(false)
            toast(t('pin.done'))
          }}
        />
      </Dialog>
    </Section>
  )
}

/** Today's date where the child lives, as the server writes it. */
export function dayIn(timeZone: string, nowMs = Date.now()): string {
  return new Intl.DateTimeFormat('en-CA', { timeZone, dateStyle: 'short' }).format(nowMs)
}
