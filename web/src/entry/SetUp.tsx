import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useLocation } from 'wouter'
import { useStore } from 'zustand'
import { changeAccount, MIN_PASSWORD, readAccount } from '@/core/account'
import { ApiError } from '@/core/api'
import { languageOf, preferences, THEMES } from '@/core/preferences'
import { writeSettingsNow } from '@/core/settings'
import { finishSetUp } from '@/core/site'
import type { Session, SiteBody } from '@/core/wire'
import { keys } from '@/queries'
import { Button } from '@/ui/Button'
import { Choice } from '@/ui/Choice'
import { useExplain } from '@/ui/errors'
import { Field } from '@/ui/Field'
import { Fingerprint } from '@/ui/Fingerprint'
import { LANGUAGE_NAMES } from '@/ui/languages'
import { PasswordField } from '@/ui/PasswordField'
import styles from './Entry.module.css'
import { EntryPage } from './EntryPage'

/** Everything that a person decides at the first sign-in, on one screen; then straight into the chat. */
export function SetUp({
  session,
  site,
  isFirstRun,
}: {
  session: Session
  site: SiteBody
  isFirstRun: boolean
}) {
  const { t } = useTranslation('entry')
  const account = useQuery({ queryKey: keys.account, queryFn: ({ signal }) => readAccount(signal) })
  const hasPassword = account.data?.has_password ?? true
  const [weak, setWeak] = useState(false)
  const { mutate, isPending, error } = useFinish(session, isFirstRun)

  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const fields = new FormData(event.currentTarget)
    const password = String(fields.get('password'))
    const isWeak = password === '' ? !hasPassword : [...password].length < MIN_PASSWORD
    setWeak(isWeak)
    if (!isWeak) mutate({ name: String(fields.get('name')).trim(), password })
  }
  return (
    <EntryPage title={t(isFirstRun ? 'setUp.title' : 'setUp.titleOfLink')} width="wide">
      <form className={styles['setUp']} onSubmit={submit}>
        <div className={styles['form']}>
          <PersonFields session={session} hasPassword={hasPassword} isWeak={weak} error={error} />
          <LookFields />
        </div>
        {isFirstRun && <Identity site={site} />}
        <div className={styles['finish']}>
          <Button type="submit" kind="primary" isBusy={isPending}>
            {t('setUp.submit')}
          </Button>
        </div>
      </form>
    </EntryPage>
  )
}

interface PersonFieldsProps {
  readonly session: Session
  readonly hasPassword: boolean
  readonly isWeak: boolean
  readonly error: Error | null
}

function PersonFields({ session, hasPassword, isWeak, error }: PersonFieldsProps) {
  const { t } = useTranslation('entry')
  const explain = useExplain()
  const said = error === null ? null : explain(error)
  const place = error instanceof ApiError ? error.param : ''
  const isAboutPassword = place.startsWith('password')
  const isAboutName = place === 'name'
  const words = said === null ? undefined : `${said.message} ${said.hint}`.trim()
  return (
    <>
      <Field
        label={t('name')}
        name="name"
        defaultValue={session.name}
        autoComplete="username"
        autoCapitalize="none"
        spellCheck={false}
        required
        maxLength={64}
        problem={isAboutName ? words : undefined}
      />
      <PasswordField
        label={t('setUp.password')}
        name="password"
        autoComplete="new-password"
        required={!hasPassword}
        hint={t(hasPassword ? 'setUp.keepPassword' : 'setUp.passwordHint', { count: MIN_PASSWORD })}
        problem={isWeak ? t('setUp.weak', { count: MIN_PASSWORD }) : isAboutPassword ? words : undefined}
      />
      {said !== null && !isAboutName && !isAboutPassword && (
        <div role="alert" className={styles['problem']}>
          <p>{words}</p>
        </div>
      )}
    </>
  )
}

function LookFields() {
  const { t } = useTranslation(['entry', 'common'])
  const language = useStore(preferences, (state) => state.language)
  const theme = useStore(preferences, (state) => state.theme)
  const { set } = preferences.getState()
  return (
    <>
      <Choice
        label={t('setUp.language')}
        value={languageOf(language)}
        options={LANGUAGE_NAMES}
        onChange={(value) => set({ language: value })}
      />
      <Choice
        label={t('setUp.theme')}
        value={theme}
        options={THEMES.map((value) => ({ value, label: t(`common:theme.${value}`) }))}
        onChange={(value) => set({ theme: value })}
      />
    </>
  )
}

/** What this installation is, and the one number that a person should keep. */
function Identity({ site }: { site: SiteBody }) {
  const { t } = useTranslation('entry')
  return (
    <section className={styles['identity']}>
      <h2>{t('setUp.fingerprint')}</h2>
      <p>{t('setUp.fingerprintWhy')}</p>
      <Fingerprint site={site} />
      <p className={styles['mode']}>
        <strong>{t(site.solo ? 'setUp.solo' : 'setUp.quorum')}</strong>{' '}
        {t(site.solo ? 'setUp.soloMeans' : 'setUp.quorumMeans')}
      </p>
    </section>
  )
}

/** Saves name and password, closes the first run, and goes to the chat. */
function useFinish(session: Session, isFirstRun: boolean) {
  const client = useQueryClient()
  const [, navigate] = useLocation()
  return useMutation({
    mutationFn: async ({ name, password }: { name: string; password: string }) => {
      const change = {
        ...(name === session.name ? {} : { name }),
        ...(password === '' ? {} : { password: { new: password } }),
      }
      if (Object.keys(change).length > 0) await changeAccount(change)
      await writeSettingsNow()
      if (isFirstRun) await finishSetUp()
    },
    onSuccess: async () => {
      await Promise.all([
        client.resetQueries({ queryKey: keys.session }),
        client.resetQueries({ queryKey: keys.site }),
        client.resetQueries({ queryKey: keys.account }),
      ])
      navigate('/', { replace: true })
    },
  })
}
