import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { readChoices, type TermName } from '@/core/junior'
import type { ChoicesBody } from '@/core/wire'
import { Choice } from '@/ui/Choice'
import { ErrorState, Loading } from '@/ui/States'
import { Switch } from '@/ui/Switch'
import styles from './Family.module.css'
import { juniorKeys } from './queries'
import { LOG_DAYS } from './settings'

type Term = ChoicesBody['terms'][number]

/** Whether what is said is written down, and for how long: off until a guardian asks for it. */
export function LogFields({
  days,
  onChange,
}: {
  days: number | null
  onChange: (days: number | null) => void
}) {
  const { t } = useTranslation('family')
  const offered = [...new Set([...LOG_DAYS, ...(days === null ? [] : [days])])].sort((a, b) => a - b)
  return (
    <div className={styles['stack']}>
      <Switch
        label={t('log.keep')}
        hint={t('log.keepHint')}
        isOn={days !== null}
        onChange={(isOn) => onChange(isOn ? (LOG_DAYS[0] ?? 7) : null)}
      />
      {days !== null && (
        <Choice
          label={t('log.howLong')}
          value={String(days)}
          options={offered.map((one) => ({ value: String(one), label: t('days', { count: one }) }))}
          onChange={(text) => onChange(Number(text))}
        />
      )}
    </div>
  )
}

/** The server's list of what is kept, each line to be agreed to; nothing is ticked by itself. */
export function TermFields({
  logDays,
  agreed,
  onChange,
}: {
  logDays: number | null
  agreed: readonly TermName[]
  onChange: (agreed: readonly TermName[]) => void
}) {
  const { t } = useTranslation('family')
  const found = useTerms(logDays)
  if (found.isPending) return <Loading />
  if (found.isError) return <ErrorState error={found.error} onRetry={() => void found.refetch()} />
  return (
    <fieldset className={styles['plainSet']}>
      <legend className={styles['legend']}>{t('consent.list')}</legend>
      <div className={styles['terms']}>
        {found.data.terms.map((term) => (
          <label key={term.name} className={styles['term']}>
            <input
              type="checkbox"
              checked={agreed.includes(term.name)}
              onChange={({ target }) =>
                onChange(
                  target.checked ? [...agreed, term.name] : agreed.filter((name) => name !== term.name),
                )
              }
            />
            <TermWords term={term} />
          </label>
        ))}
      </div>
    </fieldset>
  )
}

/** One thing that is kept: what, why, how long; the server's own words, with a translation where they are foreign. */
export function TermWords({ term }: { term: Term }) {
  const { t, i18n } = useTranslation('family')
  const isForeign = i18n.language !== 'en'
  return (
    <span className={styles['termWords']}>
      <strong lang="en">{sentence(term.what)}</strong>
      {isForeign && <strong>{t(`consent.term.${term.name}`, { defaultValue: '' })}</strong>}
      <span className={styles['soft']}>
        {t('consent.why')} <span lang="en">{term.why}</span>
      </span>
      <span className={styles['soft']}>
        {t('consent.howLong')} {howLong(term)}
      </span>
    </span>
  )
  function howLong({ name, days }: Term): string {
    if (days === null) return t('consent.untilErased')
    return name === 'session' ? t('consent.untilEnd') : t('days', { count: days })
  }
}

/** What is kept under a log of so many days. */
export function useTerms(logDays: number | null) {
  return useQuery({
    queryKey: juniorKeys.choices(logDays),
    queryFn: ({ signal }) => readChoices(logDays, signal),
    staleTime: Number.POSITIVE_INFINITY,
  })
}

/** Whether every line that the server lists is agreed to. */
export function isAgreed(terms: readonly Term[] | undefined, agreed: readonly TermName[]): boolean {
  return terms?.every(({ name }) => agreed.includes(name)) ?? false
}

function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}
