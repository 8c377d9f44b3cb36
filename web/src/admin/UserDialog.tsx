import { useMutation, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useId, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { changeUser, eraseUser, makeLink, makeUser } from '@/core/admin'
import { isolated } from '@/core/bidi'
import type { LinkBody, UserBody, UserRequest } from '@/core/wire'
import { keys } from '@/queries'
import { Button } from '@/ui/Button'
import { ConfirmDialog } from '@/ui/ConfirmDialog'
import { Dialog } from '@/ui/Dialog'
import { useExplain } from '@/ui/errors'
import { Field } from '@/ui/Field'
import { toast } from '@/ui/Toast'
import styles from './Admin.module.css'
import { Command } from './Command'

type Role = NonNullable<UserRequest['roles']>[number]
const ROLES: readonly Role[] = ['owner', 'author', 'reviewer', 'operator', 'auditor', 'guardian', 'member']

/** Makes an account, or changes one; what is done shows at once in the list behind. */
export function UserDialog({ user, onClose }: { user: UserBody | null; onClose: () => void }) {
  const { t } = useTranslation('admin')
  const explain = useExplain()
  const client = useQueryClient()
  const form = useId()
  const [name, setName] = useState(user?.name ?? '')
  const [roles, setRoles] = useState<readonly Role[]>((user?.roles as Role[] | undefined) ?? ['member'])
  const [limit, setLimit] = useState(user?.requests_per_minute?.toString() ?? '')
  const [link, setLink] = useState<LinkBody | null>(null)
  const [isErasing, setErasing] = useState(false)
  const refresh = () => client.invalidateQueries({ queryKey: keys.admin('users') })

  const save = useMutation({
    mutationFn: async () => {
      const wanted = {
        name: name.trim(),
        roles: [...roles],
        requests_per_minute: limit === '' ? null : Number(limit),
      }
      if (user !== null) return changeUser(user.id, wanted)
      const made = await makeUser(wanted)
      setLink(made.link)
      return made
    },
    onSuccess: () => {
      void refresh()
      if (user !== null) onClose()
    },
  })
  const act = useMutation({
    mutationFn: (deed: () => Promise<unknown>) => deed(),
    onSuccess: () => void refresh(),
    onError: (error) => toast(explain(error).message, { kind: 'problem' }),
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    save.mutate()
  }
  const toggle = (role: Role) =>
    setRoles((now) => (now.includes(role) ? now.filter((item) => item !== role) : [...now, role]))

  return (
    <Dialog
      isOpen
      onClose={onClose}
      title={user === null ? t('users.add') : isolated(user.name)}
      actions={
        link === null ? (
          <Button
            kind="primary"
            type="submit"
            form={form}
            isBusy={save.isPending}
            disabled={roles.length === 0}
          >
            {t(user === null ? 'users.make' : 'users.save')}
          </Button>
        ) : (
          <Button kind="primary" onClick={onClose}>
            {t('users.done')}
          </Button>
        )
      }
    >
      {link !== null && (
        <div className={styles['form']}>
          <p>{t('users.link', { name: isolated(name) })}</p>
          <Command text={link.url} />
        </div>
      )}
      {(link === null || user !== null) && (
        <form id={form} className={styles['form']} onSubmit={submit}>
          <Field
            label={t('users.name')}
            value={name}
            required
            maxLength={256}
            autoComplete="off"
            onChange={(event) => setName(event.target.value)}
            problem={save.isError ? explain(save.error).message : undefined}
          />
          <RoleChoice roles={roles} onToggle={toggle} />
          <Field
            label={t('users.limit')}
            hint={t('users.limitHint')}
            type="number"
            min={1}
            inputMode="numeric"
            value={limit}
            onChange={(event) => setLimit(event.target.value)}
          />
        </form>
      )}
      {user !== null && (
        <div className={styles['form']}>
          <div className={styles['row']}>
            <Button size="small" onClick={() => act.mutate(async () => setLink(await makeLink(user.id)))}>
              {t('users.newLink')}
            </Button>
            <Button
              size="small"
              onClick={() =>
                act.mutate(async () => {
                  await changeUser(user.id, { is_disabled: user.disabled_ms === null })
                  onClose()
                })
              }
            >
              {t(user.disabled_ms === null ? 'users.disable' : 'users.enable')}
            </Button>
            <Button size="small" kind="danger" onClick={() => setErasing(true)}>
              {t('users.erase')}
            </Button>
          </div>
          <ConfirmDialog
            isOpen={isErasing}
            isDanger
            title={t('users.eraseOf', { name: isolated(user.name) })}
            action={t('users.erase')}
            isBusy={act.isPending}
            onCancel={() => setErasing(false)}
            onConfirm={() =>
              act.mutate(async () => {
                await eraseUser(user.id)
                onClose()
              })
            }
          >
            <p>{t('users.eraseMeans')}</p>
          </ConfirmDialog>
        </div>
      )}
    </Dialog>
  )
}

function RoleChoice({ roles, onToggle }: { roles: readonly Role[]; onToggle: (role: Role) => void }) {
  const { t } = useTranslation(['admin', 'shell'])
  return (
    <fieldset className={styles['roles']}>
      <legend>{t('users.roles')}</legend>
      {ROLES.map((role) => (
        <label key={role} className={styles['check']}>
          <input type="checkbox" checked={roles.includes(role)} onChange={() => onToggle(role)} />
          {t(`shell:roles.${role}`)}
        </label>
      ))}
      <p className={styles['hint']}>{t('users.rolesHint')}</p>
    </fieldset>
  )
}
