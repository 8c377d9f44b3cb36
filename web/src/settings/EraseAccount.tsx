import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { eraseAccount } from '@/core/account'
import { holdSession } from '@/core/expiry'
import { tellTabs } from '@/core/tabs'
import type { AccountBody } from '@/core/wire'
import { Button } from '@/ui/Button'
import { ConfirmDialog } from '@/ui/ConfirmDialog'
import { useExplain } from '@/ui/errors'
import { PasswordField } from '@/ui/PasswordField'

/** Erases the account with all that it wrote; there is no way back, and the question says so. */
export function EraseAccount({ account }: { account: AccountBody }) {
  const { t } = useTranslation('settings')
  const explain = useExplain()
  const [isAsking, setAsking] = useState(false)
  const [password, setPassword] = useState('')
  const { mutate, isPending, error, reset } = useMutation({
    mutationFn: () => eraseAccount(password),
    onSuccess: () => {
      // Nothing of the person stays in this browser, and no dialog asks for the password of nobody.
      holdSession(null)
      localStorage.clear()
      sessionStorage.clear()
      tellTabs({ type: 'session', userId: '' })
      window.location.assign('/sign-in')
    },
  })
  const close = () => {
    setAsking(false)
    setPassword('')
    reset()
  }
  const said = error === null ? undefined : explain(error)
  return (
    <div>
      <Button kind="danger" onClick={() => setAsking(true)}>
        {t('erase.action')}
      </Button>
      <ConfirmDialog
        isOpen={isAsking}
        isDanger
        title={t('erase.question')}
        action={t('erase.action')}
        isBusy={isPending}
        isDisabled={account.has_password && password === ''}
        onConfirm={() => mutate()}
        onCancel={close}
      >
        <p>{t('erase.goes')}</p>
        <p>{t('erase.stays')}</p>
        {account.has_password && (
          <PasswordField
            label={t('erase.password')}
            autoComplete="current-password"
            value={password}
            onChange={(event) => setPassword(event.target.value)}
            problem={said === undefined ? undefined : `${said.message} ${said.hint}`.trim()}
          />
        )}
        {!account.has_password && said !== undefined && <p role="alert">{said.message}</p>}
      </ConfirmDialog>
    </div>
  )
}
