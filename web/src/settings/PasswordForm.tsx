import { useMutation, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { changeAccount, MIN_PASSWORD } from '@/core/account'
import { ApiError } from '@/core/api'
import type { AccountBody } from '@/core/wire'
import { keys } from '@/queries'
import { Button } from '@/ui/Button'
import { useExplain } from '@/ui/errors'
import { PasswordField } from '@/ui/PasswordField'
import { toast } from '@/ui/Toast'
import styles from './Settings.module.css'

/** A new password; the present one is asked for, except right after a one-time link. */
export function PasswordForm({ account }: { account: AccountBody }) {
  const { t } = useTranslation(['settings', 'common'])
  const explain = useExplain()
  const client = useQueryClient()
  const form = useRef<HTMLFormElement>(null)
  const [isWeak, setWeak] = useState(false)
  const asksOld = account.has_password && !account.may_set_password
  const { mutate, isPending, error } = useMutation({
    mutationFn: (password: { old: string | null; new: string }) => changeAccount({ password }),
    onSuccess: async (changed) => {
      client.setQueryData(keys.account, changed)
      form.current?.reset()
      toast(t('password.saved'))
      await client.invalidateQueries({ queryKey: keys.sessions })
    },
  })
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const fields = new FormData(event.currentTarget)
    const password = String(fields.get('new'))
    const weak = [...password].length < MIN_PASSWORD
    setWeak(weak)
    if (!weak) mutate({ old: asksOld ? String(fields.get('old')) : null, new: password })
  }
  const words = error === null ? undefined : explain(error).message
  const isAboutOld = error instanceof ApiError && error.code === 'access/password'
  return (
    <form ref={form} className={styles['form']} onSubmit={submit}>
      <input hidden readOnly name="username" autoComplete="username" value={account.name} />
      {asksOld && (
        <PasswordField
          label={t('password.old')}
          name="old"
          autoComplete="current-password"
          required
          problem={isAboutOld ? words : undefined}
        />
      )}
      <PasswordField
        label={t('password.new')}
        name="new"
        autoComplete="new-password"
        required
        hint={t('password.rule', { count: MIN_PASSWORD })}
        problem={isWeak ? t('password.weak', { count: MIN_PASSWORD }) : isAboutOld ? undefined : words}
      />
      <Button type="submit" isBusy={isPending}>
        {t('password.action')}
      </Button>
    </form>
  )
}
