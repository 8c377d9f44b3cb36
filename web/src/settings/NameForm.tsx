import { useMutation, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { changeAccount } from '@/core/account'
import type { AccountBody } from '@/core/wire'
import { keys } from '@/queries'
import { Button } from '@/ui/Button'
import { useExplain } from '@/ui/errors'
import { Field } from '@/ui/Field'
import { toast } from '@/ui/Toast'
import styles from './Settings.module.css'

/** The name that one signs in with. */
export function NameForm({ account }: { account: AccountBody }) {
  const { t } = useTranslation(['settings', 'common'])
  const explain = useExplain()
  const client = useQueryClient()
  const [name, setName] = useState(account.name)
  const { mutate, isPending, error } = useMutation({
    mutationFn: () => changeAccount({ name: name.trim() }),
    onSuccess: async (changed) => {
      client.setQueryData(keys.account, changed)
      toast(t('saved'))
      await client.invalidateQueries({ queryKey: keys.session })
    },
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    mutate()
  }
  return (
    <form className={styles['form']} onSubmit={submit}>
      <Field
        label={t('name.label')}
        value={name}
        onChange={(event) => setName(event.target.value)}
        autoComplete="username"
        autoCapitalize="none"
        spellCheck={false}
        required
        maxLength={64}
        problem={error === null ? undefined : explain(error).message}
      />
      <Button type="submit" isBusy={isPending} disabled={['', account.name].includes(name.trim())}>
        {t('common:save')}
      </Button>
    </form>
  )
}
