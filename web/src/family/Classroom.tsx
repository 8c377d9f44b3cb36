import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useLocation } from 'wouter'
import { listProfiles, makeProfile, readChoices, type Settings, type TermName } from '@/core/junior'
import type { ChoicesBody, ProfileBody } from '@/core/wire'
import { AnimalFace } from '@/ui/AnimalFace'
import { Button } from '@/ui/Button'
import { useExplain } from '@/ui/errors'
import { Field } from '@/ui/Field'
import { Progress } from '@/ui/Progress'
import { Section } from '@/ui/Section'
import { ErrorState, Loading } from '@/ui/States'
import { BandChoice } from './BandChoice'
import { isAgreed, LogFields, TermFields, useTerms } from './ConsentFields'
import styles from './Family.module.css'
import { CountryField, LimitFields, TopicFields } from './LimitFields'
import { freePairs, MAX_PROFILES } from './pairs'
import { juniorKeys } from './queries'
import { beginning, whereabouts, withBand } from './settings'
import { usePairName } from './usePairName'

/** Makes the profiles of a class at once: the same settings, and a colour and animal for each child. */
export function ClassroomSetUp() {
  const choices = useQuery({
    queryKey: juniorKeys.choices(null),
    queryFn: ({ signal }) => readChoices(null, signal),
  })
  const profiles = useQuery({ queryKey: juniorKeys.profiles, queryFn: ({ signal }) => listProfiles(signal) })
  const failed = [choices, profiles].find(({ isError }) => isError)
  if (failed !== undefined) return <ErrorState error={failed.error} onRetry={() => void failed.refetch()} />
  if (choices.data === undefined || profiles.data === undefined) return <Loading />
  return <Form choices={choices.data} taken={profiles.data.data} />
}

function Form({ choices, taken }: { choices: ChoicesBody; taken: readonly ProfileBody[] }) {
  const { t } = useTranslation('family')
  const explain = useExplain()
  const client = useQueryClient()
  const pairName = usePairName()
  const [, navigate] = useLocation()
  const room = MAX_PROFILES - taken.length
  const [count, setCount] = useState(Math.min(24, room))
  const [settings, setSettings] = useState<Settings>(() => ({
    ...beginning('5-7', whereabouts()),
    place: 'classroom',
    bedtime: null,
  }))
  const [agreed, setAgreed] = useState<readonly TermName[]>([])
  const [made, setMade] = useState(0)
  const [problem, setProblem] = useState('')
  const terms = useTerms(settings.log_days)
  const pairs = freePairs(choices, taken, count)
  const make = useMutation({
    mutationFn: async () => {
      setMade(0)
      for (const pair of pairs) {
        await makeProfile({ ...settings, ...pair }, agreed)
        setMade((before) => before + 1)
      }
    },
    onSuccess: () => navigate('/family'),
    onError: (error) => setProblem(explain(error).message),
    onSettled: () => client.invalidateQueries({ queryKey: juniorKeys.profiles }),
  })
  const submit = () => {
    if (pairs.length === 0) return setProblem(t('classroom.full', { count: MAX_PROFILES }))
    if (!isAgreed(terms.data?.terms, agreed)) return setProblem(t('consent.missing'))
    setProblem('')
    make.mutate()
  }
  return (
    <div className={styles['sections']}>
      <p className={styles['lead']}>{t('classroom.lead')}</p>
      <Section title={t('classroom.children')} hint={t('classroom.childrenHint')}>
        <Field
          label={t('classroom.howMany')}
          type="number"
          min={1}
          max={room}
          value={count}
          onChange={({ target }) =>
            setCount(Math.max(0, Math.min(room, Math.trunc(target.valueAsNumber || 0))))
          }
          className={styles['narrow']}
        />
        <ul className={styles['classFaces']} aria-label={t('classroom.children')}>
          {pairs.map((pair) => (
            <li key={`${pair.colour}-${pair.animal}`}>
              <AnimalFace animal={pair.animal} colour={pair.colour} size={3.25} />
              <span className="visually-hidden">{pairName(pair)}</span>
            </li>
          ))}
        </ul>
      </Section>
      <Section title={t('setUp.title.band')}>
        <BandChoice value={settings.band} onChange={(band) => setSettings(withBand(settings, band))} />
      </Section>
      <Section title={t('setUp.title.limits')}>
        <LimitFields value={settings} onChange={setSettings} />
      </Section>
      <Section title={t('setUp.title.topics')}>
        <CountryField value={settings} onChange={setSettings} helplines={choices.helplines} />
        <TopicFields value={settings} onChange={setSettings} topics={choices.topics} />
      </Section>
      <Section title={t('setUp.title.consent')} hint={t('classroom.consentHint')}>
        <TermFields logDays={settings.log_days} agreed={agreed} onChange={setAgreed} />
        <LogFields
          days={settings.log_days}
          onChange={(log_days) => {
            setSettings({ ...settings, log_days })
            setAgreed(agreed.filter((name) => name !== 'log'))
          }}
        />
      </Section>
      <p className={styles['problem']} role="alert">
        {problem}
      </p>
      {make.isPending && <Progress label={t('classroom.making')} value={made} max={pairs.length} />}
      <div>
        <Button kind="primary" isBusy={make.isPending} onClick={submit}>
          {t('classroom.make', { count: pairs.length })}
        </Button>
      </div>
    </div>
  )
}
