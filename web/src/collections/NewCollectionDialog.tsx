import { useMutation, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useId, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useLocation } from 'wouter'
import { makeCollection } from '@/core/collections'
import { keys } from '@/queries'
import { useSession } from '@/shell/useSession'
import { Button } from '@/ui/Button'
import { Dialog } from '@/ui/Dialog'
import { useExplain } from '@/ui/errors'
import { Field } from '@/ui/Field'
import { Switch } from '@/ui/Switch'
import styles from './Collections.module.css'

/** Makes an empty collection and opens it. */
export function NewCollectionDialog({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation(['collections', 'common'])
  const explain = useExplain()
  const client = useQueryClient()
  const session = useSession()
  const [, navigate] = useLocation()
  const [isShared, setShared] = useState(false)
  const form = useId()
  const { mutate, isPending, error } = useMutation({
    mutationFn: (name: string) => makeCollection({ name, is_shared: isShared }),
    onSuccess: async (made) => {
      await client.invalidateQueries({ queryKey: keys.collections })
      navigate(`/collections/${encodeURIComponent(made.id)}`)
    },
  })
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    mutate(String(new FormData(event.currentTarget).get('name')).trim())
  }
  return (
    <Dialog
      isOpen
      onClose={onClose}
      title={t('make')}
      actions={
        <>
          <Button onClick={onClose}>{t('common:cancel')}</Button>
          <Button type="submit" form={form} kind="primary" isBusy={isPending}>
            {t('make')}
          </Button>
        </>
      }
    >
      <form id={form} className={styles['stack']} onSubmit={submit}>
        <Field
          label={t('name')}
          hint={t('nameHint')}
          name="name"
          autoComplete="off"
          required
          maxLength={100}
          problem={error === null ? undefined : explain(error).message}
        />
        {session.data?.roles.includes('owner') && (
          <Switch label={t('share')} hint={t('shareHint')} isOn={isShared} onChange={setShared} />
        )}
      </form>
    </Dialog>
  )
}
