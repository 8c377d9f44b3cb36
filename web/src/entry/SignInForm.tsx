import { type FormEvent, useEffect, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { ApiError } from '@/core/api'
import { signIn } from '@/core/session'
import type { Session } from '@/core/wire'
import { Button } from '@/ui/Button'
import { useExplain } from '@/ui/errors'
import { Field } from '@/ui/Field'
import styles from './Entry.module.css'

/**
 * Name and password. `fixedName` asks one person for the password alone: that is for a dialog, which gives its first
 * field the focus itself.
 */
export function SignInForm({
  fixedName,
  onSignedIn,
}: {
  fixedName?: string
  onSignedIn: (session: Session) => void
}) {
  const { t } = useTranslation('entry')
  const explain = useExplain()
  const [error, setError] = useState<unknown>(null)
  const [isBusy, setBusy] = useState(false)
  const [waitS, wait] = useCountdown()

  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const form = event.currentTarget
    const fields = new FormData(form)
    setBusy(true)
    setError(null)
    try {
      onSignedIn(await signIn(fixedName ?? String(fields.get('name')), String(fields.get('password'))))
    } catch (failure) {
      setError(failure)
      if (failure instanceof ApiError && failure.retryAfterS !== null) wait(failure.retryAfterS)
      form.querySelector<HTMLInputElement>('input[name=password]')?.select()
    } finally {
      setBusy(false)
    }
  }

  const said = error === null ? null : explain(error)
  return (
    <form className={styles['form']} onSubmit={(event) => void submit(event)}>
      {fixedName === undefined ? (
        <Field
          label={t('name')}
          name="name"
          autoComplete="username"
          autoCapitalize="none"
          spellCheck={false}
          required
          autoFocus
        />
      ) : (
        <input hidden readOnly name="name" value={fixedName} autoComplete="username" />
      )}
      <Field label={t('password')} name="password" type="password" autoComplete="current-password" required />
      <div role="alert" className={styles['problem']} hidden={said === null}>
        {said !== null && (
          <>
            <p>{said.message}</p>
            {said.hint !== '' && <p>{said.hint}</p>}
          </>
        )}
      </div>
      <Button type="submit" kind="primary" isBusy={isBusy} disabled={waitS > 0}>
        {waitS > 0 ? t('signIn.wait', { count: waitS }) : t('signIn.submit')}
      </Button>
    </form>
  )
}

/** Whole seconds that are left, and the way to start counting. */
function useCountdown(): readonly [left: number, start: (seconds: number) => void] {
  const [until, setUntil] = useState(0)
  const [now, setNow] = useState(0)
  useEffect(() => {
    if (until === 0) return
    const tick = setInterval(() => setNow(Date.now()), 250)
    return () => clearInterval(tick)
  }, [until])
  const left = Math.max(0, Math.ceil((until - now) / 1000))
  useEffect(() => {
    if (left === 0) setUntil(0)
  }, [left])
  const start = (seconds: number) => {
    setNow(Date.now())
    setUntil(Date.now() + seconds * 1000)
  }
  return [left, start]
}
