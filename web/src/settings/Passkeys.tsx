import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Plus } from 'lucide-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { isolated } from '@/core/bidi'
import type { PasskeyBody } from '@/core/wire'
import { keys } from '@/queries'
import { listPasskeys, removePasskey } from '@/signing/draft-calls'
import { Badge } from '@/ui/Badge'
import { Button } from '@/ui/Button'
import { ConfirmDialog } from '@/ui/ConfirmDialog'
import { CopyButton } from '@/ui/Copy'
import { useExplain } from '@/ui/errors'
import { ErrorState, Loading } from '@/ui/States'
import { toast } from '@/ui/Toast'
import { When } from '@/ui/When'
import { NewPasskeyDialog } from './NewPasskeyDialog'
import styles from './Settings.module.css'

/** One's own passkeys: added, shown as whoever writes the root document needs them, and removed. */
export function Passkeys() {
  const { t } = useTranslation('settings')
  const found = useQuery({ queryKey: keys.passkeys, queryFn: ({ signal }) => listPasskeys(signal) })
  const [isAdding, setAdding] = useState(false)
  const [removing, setRemoving] = useState<PasskeyBody | null>(null)
  if (found.isPending) return <Loading />
  if (found.isError) return <ErrorState error={found.error} onRetry={() => void found.refetch()} />
  return (
    <>
      <div>
        <Button kind="primary" onClick={() => setAdding(true)}>
          <Plus size={18} aria-hidden="true" /> {t('passkeys.add')}
        </Button>
      </div>
      {found.data.data.length === 0 ? (
        <p className={styles['note']}>{t('passkeys.none')}</p>
      ) : (
        <ul className={styles['list']}>
          {found.data.data.map((passkey) => (
            <li key={passkey.id} className={styles['item']}>
              <PasskeyText passkey={passkey} />
              <Button
                size="small"
                kind="danger"
                aria-label={t('passkeys.removeOf', { name: isolated(passkey.name) })}
                onClick={() => setRemoving(passkey)}
              >
                {t('passkeys.remove')}
              </Button>
            </li>
          ))}
        </ul>
      )}
      {isAdding && <NewPasskeyDialog onClose={() => setAdding(false)} />}
      {removing !== null && <RemovePasskey passkey={removing} onClose={() => setRemoving(null)} />}
    </>
  )
}

function PasskeyText({ passkey }: { passkey: PasskeyBody }) {
  const { t } = useTranslation('settings')
  const named = passkey.person !== null
  return (
    <div>
      <p>
        <span dir="auto">{passkey.name}</span>{' '}
        <Badge kind={named ? 'good' : 'plain'}>
          {named ? t('passkeys.inRoot', { person: passkey.person }) : t('passkeys.notInRoot')}
        </Badge>
      </p>
      <p className={styles['note']}>
        {t('passkeys.added')} <When atMs={passkey.created_ms} />
      </p>
      <dl className={styles['facts']}>
        <dt>{t('passkeys.member')}</dt>
        <dd>
          <code>{passkey.code}</code>{' '}
          <CopyButton text={`passkey:${passkey.code}`} label={t('passkeys.copy')} />
        </dd>
        <dt>{t('passkeys.keyId')}</dt>
        <dd>
          <code>{passkey.key_id}</code>
        </dd>
        <dt>{t('passkeys.address')}</dt>
        <dd>
          <code>{String(passkey.record['rp_id'])}</code>
        </dd>
      </dl>
    </div>
  )
}

function RemovePasskey({ passkey, onClose }: { passkey: PasskeyBody; onClose: () => void }) {
  const { t } = useTranslation('settings')
  const explain = useExplain()
  const client = useQueryClient()
  const remove = useMutation({
    mutationFn: () => removePasskey(passkey.id),
    onSuccess: onClose,
    onError: (error) => toast(explain(error).message, { kind: 'problem' }),
    onSettled: () => client.invalidateQueries({ queryKey: keys.passkeys }),
  })
  return (
    <ConfirmDialog
      isOpen
      isDanger
      title={t('passkeys.removeOf', { name: isolated(passkey.name) })}
      action={t('passkeys.remove')}
      isBusy={remove.isPending}
      onConfirm={() => remove.mutate()}
      onCancel={onClose}
    >
      <p>{t(passkey.person === null ? 'passkeys.removeMeans' : 'passkeys.removeNamed')}</p>
    </ConfirmDialog>
  )
}
