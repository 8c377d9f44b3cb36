import { useMutation, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useId } from 'react'
import { useTranslation } from 'react-i18next'
import { makeKey } from '@/core/account'
import type { KeyMade } from '@/core/wire'
import { keys } from '@/queries'
import { Button } from '@/ui/Button'
import { CopyButton } from '@/ui/Copy'
import { Dialog } from '@/ui/Dialog'
import { useExplain } from '@/ui/errors'
import { Field, Select } from '@/ui/Field'
import styles from './Settings.module.css'

const DAY_MS = 86_400_000
/** Days that a key may last; 0 for as long as it is not revoked. */
const LIVES = [30, 90, 365, 0] as const

/** Makes an API key and shows it, the only time that anybody sees it. */
export function NewKeyDialog({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation(['settings', 'common'])
  const explain = useExplain()
  const client = useQueryClient()
  const form = useId()
  const { mutate, data, isPending, error } = useMutation({
    mutationFn: ({ name, days }: { name: string; days: number }) =>
      makeKey({ name, expires_ms: days === 0 ? null : Date.now() + days * DAY_MS }),
    onSuccess: () => client.invalidateQueries({ queryKey: keys.apiKeys }),
  })
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const fields = new FormData(event.currentTarget)
    mutate({ name: String(fields.get('name')).trim(), days: Number(fields.get('days')) })
  }
  if (data !== undefined) return <MadeKey made={data} onClose={onClose} />
  return (
    <Dialog
      isOpen
      onClose={onClose}
      title={t('keys.make')}
      actions={
        <>
          <Button onClick={onClose}>{t('common:cancel')}</Button>
          <Button type="submit" form={form} kind="primary" isBusy={isPending}>
            {t('keys.make')}
          </Button>
        </>
      }
    >
      <form id={form} className={styles['form']} onSubmit={submit}>
        <Field
          label={t('keys.name')}
          hint={t('keys.nameHint')}
          name="name"
          autoComplete="off"
          required
          maxLength={64}
          problem={error === null ? undefined : explain(error).message}
        />
        <Select label={t('keys.lasts')} name="days" defaultValue="90">
          {LIVES.map((days) => (
            <option key={days} value={days}>
              {days === 0 ? t('keys.forEver') : t('keys.days', { count: days })}
            </option>
          ))}
        </Select>
      </form>
    </Dialog>
  )
}

function MadeKey({ made, onClose }: { made: KeyMade; onClose: () => void }) {
  const { t } = useTranslation('settings')
  return (
    <Dialog
      isOpen
      onClose={onClose}
      title={t('keys.made')}
      description={t('keys.once')}
      actions={
        <>
          <CopyButton text={made.key} isIcon={false} />
          <Button kind="primary" onClick={onClose}>
            {t('keys.kept')}
          </Button>
        </>
      }
    >
      <p className={styles['secret']}>
        <code>{made.key}</code>
      </p>
    </Dialog>
  )
}
