import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { type ReactNode, useEffect, useId, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useLocation } from 'wouter'
import { ApiError } from '@/core/api'
import { listProfiles, makeProfile, readChoices, readPin, type Settings, type TermName } from '@/core/junior'
import type { ChoicesBody, ProfileBody } from '@/core/wire'
import { Button } from '@/ui/Button'
import { useExplain } from '@/ui/errors'
import { ErrorState, Loading } from '@/ui/States'
import { BandChoice } from './BandChoice'
import { isAgreed, LogFields, TermFields, useTerms } from './ConsentFields'
import styles from './Family.module.css'
import { HandOver } from './HandOver'
import { CountryField, LimitFields, TopicFields } from './LimitFields'
import { LookChoice } from './LookChoice'
import { PinForm } from './PinForm'
import { juniorKeys } from './queries'
import { beginning, isPairFree, whereabouts, withBand } from './settings'

const STEPS = ['band', 'look', 'limits', 'topics', 'consent', 'pin', 'handOver'] as const
type StepName = (typeof STEPS)[number]

/** Guides a guardian from the age of a child to the device in the child's hands, one question at a time. */
export function SetUp() {
  const choices = useQuery({
    queryKey: juniorKeys.choices(null),
    queryFn: ({ signal }) => readChoices(null, signal),
  })
  const profiles = useQuery({ queryKey: juniorKeys.profiles, queryFn: ({ signal }) => listProfiles(signal) })
  const pin = useQuery({ queryKey: juniorKeys.pin, queryFn: ({ signal }) => readPin(signal) })
  const failed = [choices, profiles, pin].find(({ isError }) => isError)
  if (failed !== undefined) return <ErrorState error={failed.error} onRetry={() => void failed.refetch()} />
  if (choices.data === undefined || profiles.data === undefined || pin.data === undefined) return <Loading />
  return <Steps choices={choices.data} taken={profiles.data.data} hasPin={pin.data.is_set} />
}

function Steps({
  choices,
  taken,
  hasPin,
}: {
  choices: ChoicesBody
  taken: readonly ProfileBody[]
  hasPin: boolean
}) {
  const { t } = useTranslation('family')
  const explain = useExplain()
  const client = useQueryClient()
  const [, navigate] = useLocation()
  const pinForm = useId()
  // Whether there was a PIN when this began: the number of steps must not change on the way.
  const [skipsPin] = useState(hasPin)
  const steps: readonly StepName[] = STEPS.filter((name) => name !== 'pin' || !skipsPin)
  const [step, setStep] = useState<StepName>('band')
  const [settings, setSettings] = useState<Settings>(() => firstFree(choices, taken))
  const [agreed, setAgreed] = useState<readonly TermName[]>([])
  const [problem, setProblem] = useState('')
  const [isBusy, setBusy] = useState(false)
  const [made, setMade] = useState<ProfileBody | null>(null)
  const terms = useTerms(settings.log_days)
  const go = (name: StepName) => {
    setProblem('')
    setStep(name)
  }
  const at = steps.indexOf(step)
  const next = () => go(steps[at + 1] ?? step)
  const make = useMutation({
    mutationFn: () => makeProfile(settings, agreed),
    onSuccess: async (profile) => {
      await client.invalidateQueries({ queryKey: juniorKeys.profiles })
      setMade(profile)
      next()
    },
    onError: (error) => {
      const isPair = error instanceof ApiError && error.code === 'junior/pair-taken'
      if (isPair) setStep('look')
      setProblem(explain(error).message)
    },
  })
  const agree = () => {
    if (!isAgreed(terms.data?.terms, agreed)) return setProblem(t('consent.missing'))
    make.mutate()
  }
  const look = () => {
    if (
      !isPairFree(
        settings,
        taken.filter(({ id }) => id !== made?.id),
      )
    )
      return setProblem(t('look.taken'))
    next()
  }
  const isBackOpen = at > 0 && made === null
  const onBack = isBackOpen ? () => go(steps[at - 1] ?? step) : undefined
  const card = (content: ReactNode, action?: ReactNode) => (
    <StepCard name={step} at={at} of={steps.length} onBack={onBack} action={action}>
      {content}
    </StepCard>
  )
  const go_on = (onClick: () => void) => (
    <Button kind="primary" onClick={onClick}>
      {t('setUp.next')}
    </Button>
  )
  switch (step) {
    case 'band':
      return card(
        <BandChoice value={settings.band} onChange={(band) => setSettings(withBand(settings, band))} />,
        go_on(next),
      )
    case 'look':
      return card(
        <LookChoice
          choices={choices}
          value={settings}
          problem={problem || undefined}
          onChange={(chosen) => {
            setProblem('')
            setSettings({ ...settings, ...chosen })
          }}
        />,
        go_on(look),
      )
    case 'limits':
      return card(<LimitFields value={settings} onChange={setSettings} />, go_on(next))
    case 'topics':
      return card(
        <>
          <CountryField value={settings} onChange={setSettings} helplines={choices.helplines} />
          <TopicFields value={settings} onChange={setSettings} topics={choices.topics} />
        </>,
        go_on(next),
      )
    case 'consent':
      return card(
        <>
          <TermFields logDays={settings.log_days} agreed={agreed} onChange={setAgreed} />
          <LogFields
            days={settings.log_days}
            onChange={(log_days) => {
              setSettings({ ...settings, log_days })
              setAgreed(agreed.filter((name) => name !== 'log'))
            }}
          />
          <p className={styles['problem']} role="alert">
            {problem}
          </p>
        </>,
        <Button kind="primary" isBusy={make.isPending} onClick={agree}>
          {t('setUp.agree')}
        </Button>,
      )
    case 'pin':
      return card(
        <PinForm id={pinForm} isReplaced={false} onDone={next} onBusy={setBusy} />,
        <Button kind="primary" type="submit" form={pinForm} isBusy={isBusy}>
          {t('pin.set')}
        </Button>,
      )
    case 'handOver':
      return card(made !== null && <HandOver profile={made} onLater={() => navigate(`/family/${made.id}`)} />)
    default:
      return step satisfies never
  }
}

function StepCard({
  name,
  at,
  of,
  onBack,
  action,
  children,
}: {
  name: StepName
  at: number
  of: number
  onBack: (() => void) | undefined
  action?: ReactNode
  children: ReactNode
}) {
  const { t } = useTranslation('family')
  const heading = useRef<HTMLHeadingElement>(null)
  const isFirst = useRef(true)
  // biome-ignore lint/correctness/useExhaustiveDependencies: each step is arrived at anew
  useEffect(() => {
    if (!isFirst.current) {
      heading.current?.focus()
      heading.current?.scrollIntoView({ block: 'center' })
    }
    isFirst.current = false
  }, [name])
  return (
    <section className={styles['step']} aria-labelledby="step-title">
      <div className={styles['dots']} aria-hidden="true">
        {Array.from({ length: of }, (_, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: dots have no other name
          <span key={index} data-done={index <= at || undefined} />
        ))}
      </div>
      <div>
        <p className={styles['soft']}>{t('setUp.step', { at: at + 1, of })}</p>
        <h2 id="step-title" ref={heading} tabIndex={-1} className={styles['stepTitle']}>
          {t(`setUp.title.${name}`)}
        </h2>
        <p className={styles['lead']}>{t(`setUp.lead.${name}`)}</p>
      </div>
      <div className={styles['stack']}>{children}</div>
      {(onBack !== undefined || action !== undefined) && (
        <div className={styles['stepFoot']}>
          {onBack !== undefined && <Button onClick={onBack}>{t('setUp.back')}</Button>}
          <span className={styles['grow']} />
          {action}
        </div>
      )}
    </section>
  )
}

/** Settings to begin with, with a pair that no other child has. */
function firstFree(choices: ChoicesBody, taken: readonly ProfileBody[]): Settings {
  const settings = beginning('5-7', whereabouts())
  const pairs = [
    settings,
    ...choices.animals.flatMap((animal) => choices.colours.map((colour) => ({ animal, colour }))),
  ]
  const free = pairs.find((pair) => isPairFree(pair, taken)) ?? settings
  return { ...settings, animal: free.animal, colour: free.colour }
}
