import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { Settings } from '@/core/junior'
import type { ChoicesBody } from '@/core/wire'
import { Choice } from '@/ui/Choice'
import { Field, Select } from '@/ui/Field'
import { Switch } from '@/ui/Switch'
import styles from './Family.module.css'
import { countries, DAILY, helplineOf, SITTING, timeZones } from './settings'

const NO_LIMIT = 'none'
const USUAL_BEDTIME = { start: '19:30', end: '07:00' }

interface FieldsProps {
  readonly value: Settings
  readonly onChange: (settings: Settings) => void
}

/** How long and when: minutes, breaks, bedtime. The server keeps them, by its own clock. */
export function LimitFields({ value, onChange }: FieldsProps) {
  const { t, i18n } = useTranslation('family')
  const { bedtime } = value
  const minutes = (offered: readonly (number | null)[], chosen: number | null, none: string) =>
    [...new Set([...offered.filter((one) => one !== null), ...(chosen === null ? [] : [chosen])])]
      .sort((one, other) => one - other)
      .map((one) => ({ value: String(one), label: t('limits.minutes', { count: one }) }))
      .concat({ value: NO_LIMIT, label: none })
  const read = (text: string) => (text === NO_LIMIT ? null : Number(text))
  return (
    <div className={styles['stack']}>
      <Choice
        label={t('limits.daily')}
        hint={t('limits.dailyHint')}
        value={String(value.daily_minutes ?? NO_LIMIT)}
        options={minutes(DAILY, value.daily_minutes, t('limits.none'))}
        onChange={(text) => onChange({ ...value, daily_minutes: read(text) })}
      />
      <Choice
        label={t('limits.sitting')}
        hint={t('limits.sittingHint')}
        value={String(value.session_minutes ?? NO_LIMIT)}
        options={minutes(SITTING, value.session_minutes, t('limits.noBreak'))}
        onChange={(text) => onChange({ ...value, session_minutes: read(text) })}
      />
      <Switch
        label={t('limits.bedtime')}
        hint={t('limits.bedtimeHint')}
        isOn={bedtime !== null}
        onChange={(isOn) => onChange({ ...value, bedtime: isOn ? USUAL_BEDTIME : null })}
      />
      {bedtime !== null && (
        <div className={styles['pair']}>
          <Field
            label={t('limits.from')}
            type="time"
            required
            value={bedtime.start}
            onChange={({ target }) =>
              onChange({ ...value, bedtime: { ...bedtime, start: target.value || bedtime.start } })
            }
          />
          <Field
            label={t('limits.until')}
            type="time"
            required
            value={bedtime.end}
            onChange={({ target }) =>
              onChange({ ...value, bedtime: { ...bedtime, end: target.value || bedtime.end } })
            }
          />
        </div>
      )}
      <Select
        label={t('limits.zone')}
        hint={t('limits.zoneHint')}
        value={value.time_zone}
        onChange={({ target }) => onChange({ ...value, time_zone: target.value })}
        className={styles['narrow']}
        lang={i18n.language}
      >
        {timeZones(value.time_zone).map((zone) => (
          <option key={zone}>{zone}</option>
        ))}
      </Select>
    </div>
  )
}

/** Where the family lives: whom Junior names when something is wrong. */
export function CountryField({
  value,
  helplines,
  onChange,
}: FieldsProps & { helplines: ChoicesBody['helplines'] }) {
  const { t, i18n } = useTranslation('family')
  const line = helplines.find(({ country }) => country === value.country)
  return (
    <div className={styles['stack']}>
      <Select
        label={t('country.label')}
        hint={t('country.hint')}
        value={value.country}
        onChange={({ target }) => onChange({ ...value, country: target.value })}
        className={styles['narrow']}
      >
        {countries(i18n.language).map(({ code, name }) => (
          <option key={code} value={code}>
            {name}
          </option>
        ))}
      </Select>
      <p className={styles['note']} aria-live="polite">
        {value.helpline != null
          ? t('country.known', { ...value.helpline })
          : line?.phone == null
            ? t('country.unknown')
            : t('country.known', { name: line.name, phone: line.phone })}{' '}
        {line?.emergency != null && t('country.emergency', { number: line.emergency })}{' '}
        {line?.is_verified === false && (value.helpline == null || line.emergency !== null) && (
          <strong>{t('country.unchecked')}</strong>
        )}
      </p>
      <OwnLine value={value} onChange={onChange} />
    </div>
  )
}

/** A helpline that the guardian looked up; what is not whole yet changes nothing. */
function OwnLine({ value, onChange }: FieldsProps) {
  const { t } = useTranslation('family')
  const [isOwn, setOwn] = useState(value.helpline != null)
  const [name, setName] = useState(value.helpline?.name ?? '')
  const [phone, setPhone] = useState(value.helpline?.phone ?? '')
  const write = (isOn: boolean, line: string, number: string) => {
    setOwn(isOn)
    setName(line)
    setPhone(number)
    onChange({ ...value, helpline: isOn ? helplineOf(line, number) : null })
  }
  const isUnread = isOwn && (name !== '' || phone !== '') && helplineOf(name, phone) === null
  return (
    <>
      <Switch
        label={t('country.own')}
        hint={t('country.ownHint')}
        isOn={isOwn}
        onChange={(isOn) => write(isOn, name, phone)}
      />
      {isOwn && (
        <div className={styles['ownLine']}>
          <Field
            label={t('country.ownName')}
            value={name}
            maxLength={40}
            onChange={({ target }) => write(true, target.value, phone)}
          />
          <Field
            label={t('country.ownPhone')}
            type="tel"
            value={phone}
            maxLength={24}
            onChange={({ target }) => write(true, name, target.value)}
          />
          <p className={styles['problem']} role="alert">
            {isUnread && t('country.ownUnread')}
          </p>
        </div>
      )}
    </>
  )
}

/** Subjects that do not come up. */
export function TopicFields({ value, topics, onChange }: FieldsProps & { topics: readonly string[] }) {
  const { t } = useTranslation('family')
  const toggle = (topic: string, isHeld: boolean) =>
    onChange({
      ...value,
      topics_held: isHeld ? [...value.topics_held, topic] : value.topics_held.filter((one) => one !== topic),
    })
  // What was held back by a program and is no subject of ours stays where it can be seen.
  const shown = [...new Set([...topics, ...value.topics_held])]
  return (
    <fieldset className={styles['plainSet']}>
      <legend className={styles['legend']}>{t('topics.label')}</legend>
      <p className={styles['soft']}>{t('topics.hint')}</p>
      <div className={styles['topics']}>
        {shown.map((topic) => (
          <label key={topic} className={styles['topic']}>
            <input
              type="checkbox"
              checked={value.topics_held.includes(topic)}
              onChange={({ target }) => toggle(topic, target.checked)}
            />
            <span>{t(`topics.is.${topic}`, { defaultValue: topic })}</span>
          </label>
        ))}
      </div>
    </fieldset>
  )
}
