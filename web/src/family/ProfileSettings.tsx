import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { changeProfile, listProfiles, readChoices, type TermName } from '@/core/junior'
import type { ProfileBody } from '@/core/wire'
import { Button } from '@/ui/Button'
import { Dialog } from '@/ui/Dialog'
import { useExplain } from '@/ui/errors'
import { Section } from '@/ui/Section'
import { ErrorState, Loading } from '@/ui/States'
import { toast } from '@/ui/Toast'
import { BandChoice } from './BandChoice'
import { isAgreed, LogFields, TermFields, useTerms } from './ConsentFields'
import styles from './Family.module.css'
import { CountryField, LimitFields, TopicFields } from './LimitFields'
import { LookChoice } from './LookChoice'
import { juniorKeys } from './queries'
import { isPairFree, keepsMore, settingsOf } from './settings'

/** Everything that a guardian set, to be changed at once; what keeps more than before asks for consent again. */
export function ProfileSettings({ profile }: { profile: ProfileBody }) {
  const { t } = useTranslation(['family', 'common'])
  const explain = useExplain()
  const client = useQueryClient()
  const before = settingsOf(profile)
  const [settings, setSettings] = useState(before)
  const [isAsking, setAsking] = useState(false)
  const choices = useQuery({
    queryKey: juniorKeys.choices(null),
    queryFn: ({ signal }) => readChoices(null, signal),
  })
  const profiles = useQuery({ queryKey: juniorKeys.profiles, queryFn: ({ signal }) => listProfiles(signal) })
  const save = useMutation({
    mutationFn: (agreed: readonly TermName[] | null) => changeProfile(profile.id, settings, agreed),
    onSuccess: (changed) => {
      setAsking(false)
      client.setQueryData(juniorKeys.profile(profile.id), changed)
      toast(t('settings.saved'))
      return client.invalidateQueries({ queryKey: juniorKeys.profiles })
    },
    onError: (error) => toast(explain(error).message, { kind: 'problem' }),
  })
  if (choices.isError) return <ErrorState error={choices.error} onRetry={() => void choices.refetch()} />
  if (choices.data === undefined) return <Loading />
  const isTaken = !isPairFree(settings, profiles.data?.data ?? [], profile.id)
  const isSame = JSON.stringify(settings) === JSON.stringify(before)
  const submit = () => (keepsMore(before, settings) ? setAsking(true) : save.mutate(null))
  return (
    <>
      <Section isBeside title={t('setUp.title.band')} hint={t('settings.bandHint')}>
        {/* Another band alone: what was set stays as it is. */}
        <BandChoice value={settings.band} onChange={(band) => setSettings({ ...settings, band })} />
      </Section>
      <Section isBeside title={t('setUp.title.limits')}>
        <LimitFields value={settings} onChange={setSettings} />
      </Section>
      <Section isBeside title={t('setUp.title.topics')}>
        <CountryField value={settings} onChange={setSettings} helplines={choices.data.helplines} />
        <TopicFields value={settings} onChange={setSettings} topics={choices.data.topics} />
      </Section>
      <Section isBeside title={t('setUp.title.look')}>
        <LookChoice
          choices={choices.data}
          value={settings}
          problem={isTaken ? t('look.taken') : undefined}
          onChange={(look) => setSettings({ ...settings, ...look })}
        />
      </Section>
      <Section isBeside title={t('log.title')} hint={t('log.offErases')}>
        <LogFields days={settings.log_days} onChange={(log_days) => setSettings({ ...settings, log_days })} />
      </Section>
      <div className={styles['saveBar']}>
        <Button disabled={isSame} onClick={() => setSettings(before)}>
          {t('settings.undo')}
        </Button>
        <Button kind="primary" disabled={isSame || isTaken} isBusy={save.isPending} onClick={submit}>
          {t('common:save')}
        </Button>
      </div>
      {isAsking && (
        <ConsentDialog
          logDays={settings.log_days}
          isBusy={save.isPending}
          onAgree={(agreed) => save.mutate(agreed)}
          onClose={() => setAsking(false)}
        />
      )}
    </>
  )
}

function ConsentDialog({
  logDays,
  isBusy,
  onAgree,
  onClose,
}: {
  logDays: number | null
  isBusy: boolean
  onAgree: (agreed: readonly TermName[]) => void
  onClose: () => void
}) {
  const { t } = useTranslation(['family', 'common'])
  const [agreed, setAgreed] = useState<readonly TermName[]>([])
  const [isMissing, setMissing] = useState(false)
  const terms = useTerms(logDays)
  const agree = () => (isAgreed(terms.data?.terms, agreed) ? onAgree(agreed) : setMissing(true))
  return (
    <Dialog
      isOpen
      onClose={onClose}
      title={t('consent.again')}
      description={t('consent.more')}
      actions={
        <>
          <Button onClick={onClose}>{t('common:cancel')}</Button>
          <Button kind="primary" isBusy={isBusy} onClick={agree}>
            {t('consent.agree')}
          </Button>
        </>
      }
    >
      <TermFields logDays={logDays} agreed={agreed} onChange={setAgreed} />
      <p className={styles['problem']} role="alert">
        {isMissing && t('consent.missing')}
      </p>
    </Dialog>
  )
}
