import { useMutation, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useId } from 'react'
import { useTranslation } from 'react-i18next'
import { enrolPasskey } from '@/core/passkeys'
import { keys } from '@/queries'
import { useSession } from '@/shell/useSession'
import { Problem } from '@/signing/Problem'
import { Button } from '@/ui/Button'
import { Dialog } from '@/ui/Dialog'
import { Field } from '@/ui/Field'
import styles from './Settings.module.css'

/** Names a new passkey and has the browser make it. */
export function NewPasskeyDialog({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation(['settings', 'common'])
  const client = useQueryClient()
  const person = useSession().data?.name ?? ''
  const form = useId()
  const enrol = useMutation({
    mutationFn: (name: string) => enrolPasskey(name, person),
    onSuccess: onClose,
    onSettled: () => client.invalidateQueries({ queryKey: keys.passkeys }),
  })
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    enrol.mutate(String(new FormData(event.currentTarget).get('name')).trim())
  }
  return (
    <Dialog
      isOpen
      onClose={onClose}
      title={t('passkeys.add')}
      actions={
        <>
          <Button onClick={onClose}>{t('common:cancel')}</Button>
          <Button type="submit" form={form} kind="primary" isBusy={enrol.isPending}>
            {t('passkeys.add')}
          </Button>
        </>
      }
    >
      <form id={form} className={styles['form']} onSubmit={submit}>
        <Field
          label={t('passkeys.name')}
          hint={t('passkeys.nameHint')}
          name="name"
          autoComplete="off"
          required
          maxLength={80}
        />
        {enrol.error !== null && <Problem error={enrol.error} />}
      </form>
    </Dialog>
  )
}
