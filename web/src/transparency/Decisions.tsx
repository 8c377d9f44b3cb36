import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { Outcome, State } from '@/proof/governance/state'
import { Button } from '@/ui/Button'
import { Section } from '@/ui/Section'
import { When } from '@/ui/When'
import { AlarmMeaning } from './AlarmMeaning'
import { EntryDetail } from './EntryDetail'
import { EntrySentence } from './EntrySentence'
import { channelOf } from './story'
import styles from './Transparency.module.css'

const PAGE = 50
const KINDS = ['root', 'change', 'review', 'gate', 'move', 'alarm', 'void'] as const

/** Every entry of the governance log, newest first, in plain words; those without effect too. */
export default function Decisions({ state }: { state: State }) {
  const { t } = useTranslation('transparency')
  const [kind, setKind] = useState('')
  const [channel, setChannel] = useState('')
  const [count, setCount] = useState(PAGE)
  const chosen = state.outcomes
    .filter((outcome) => isOfKind(outcome, kind) && (channel === '' || channelOf(outcome, state) === channel))
    .toReversed()
  return (
    <Section title={t('decisions.title')}>
      <p className={styles['soft']}>{t('decisions.body')}</p>
      <div className={styles['filters']}>
        <Filter label={t('decisions.kind')} value={kind} onChange={setKind}>
          {KINDS.map((name) => [name, t(`decisions.kinds.${name}`)] as const)}
        </Filter>
        <Filter label={t('decisions.channel')} value={channel} onChange={setChannel}>
          {[...state.channels.keys()].sort().map((name) => [name, name] as const)}
        </Filter>
        <span className={styles['soft']} role="status">
          {t('decisions.shown', { count: chosen.length })}
        </span>
      </div>
      <ol className={styles['timeline']}>
        {chosen.slice(0, count).map((outcome) => (
          <Entry key={outcome.index} outcome={outcome} state={state} />
        ))}
      </ol>
      {chosen.length > count && (
        <div>
          <Button onClick={() => setCount(count + PAGE)}>{t('decisions.more')}</Button>
        </div>
      )}
    </Section>
  )
}

function isOfKind(outcome: Outcome, kind: string): boolean {
  if (kind === 'void') return outcome.reason !== null
  return kind === '' || outcome.kind === kind
}

function Filter({
  label,
  value,
  onChange,
  children,
}: {
  label: string
  value: string
  onChange: (value: string) => void
  children: readonly (readonly [value: string, label: string])[]
}) {
  const { t } = useTranslation('transparency')
  return (
    <label>
      {label}
      <select value={value} onChange={(event) => onChange(event.target.value)}>
        <option value="">{t('decisions.all')}</option>
        {children.map(([name, text]) => (
          <option key={name} value={name}>
            {text}
          </option>
        ))}
      </select>
    </label>
  )
}

function Entry({ outcome, state }: { outcome: Outcome; state: State }) {
  const { t } = useTranslation(['transparency', 'receipt'])
  const { statement } = outcome
  const isBad =
    outcome.reason === null &&
    (statement?.kind === 'alarm' ||
      (statement?.kind === 'move' && (statement.act === 'rollback' || statement.act === 'freeze')))
  return (
    <li
      className={styles['moment']}
      data-void={outcome.reason !== null || undefined}
      data-bad={isBad || undefined}
    >
      <p>
        <EntrySentence outcome={outcome} state={state} />{' '}
        <span className={styles['soft']}>
          {t('decisions.entry', { index: outcome.index })}
          {statement && (
            <>
              , <When atMs={statement.time_ms} />
            </>
          )}
        </span>
      </p>
      {outcome.reason === null && statement?.kind === 'alarm' && (
        <p className={styles['soft']}>
          <AlarmMeaning code={statement.code} />
        </p>
      )}
      {outcome.reason !== null && (
        <p className={styles['soft']}>
          <strong>{t('decisions.noEffect')}</strong>{' '}
          {t(`receipt:reason.${outcome.reason}`, { defaultValue: outcome.detail })}
        </p>
      )}
      <EntryDetail outcome={outcome} />
    </li>
  )
}
