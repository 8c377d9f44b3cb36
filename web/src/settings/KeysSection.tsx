import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Plus } from 'lucide-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { listKeys, revokeKey } from '@/core/account'
import { isolated } from '@/core/bidi'
import { dateText } from '@/core/times'
import type { KeyBody } from '@/core/wire'
import { keys } from '@/queries'
import { Badge } from '@/ui/Badge'
import { Button } from '@/ui/Button'
import { ConfirmDialog } from '@/ui/ConfirmDialog'
import { useExplain } from '@/ui/errors'
import { Section } from '@/ui/Section'
import { ErrorState, Loading } from '@/ui/States'
import { type Column, Table } from '@/ui/Table'
import { toast } from '@/ui/Toast'
import { When } from '@/ui/When'
import { NewKeyDialog } from './NewKeyDialog'
import styles from './Settings.module.css'

/** Keys with which programs speak for this account. */
export function KeysSection() {
  const { t } = useTranslation('settings')
  const [isMaking, setMaking] = useState(false)
  return (
    <Section
      isBeside
      title={t('keys.title')}
      hint={t('keys.hint', { address: `${window.location.origin}/v1` })}
    >
      <div>
        <Button kind="primary" onClick={() => setMaking(true)}>
          <Plus size={18} aria-hidden="true" /> {t('keys.make')}
        </Button>
      </div>
      <KeyTable />
      {isMaking && <NewKeyDialog onClose={() => setMaking(false)} />}
    </Section>
  )
}

function KeyTable() {
  const { t, i18n } = useTranslation('settings')
  const explain = useExplain()
  const client = useQueryClient()
  const found = useQuery({ queryKey: keys.apiKeys, queryFn: ({ signal }) => listKeys(signal) })
  const [revoking, setRevoking] = useState<KeyBody | null>(null)
  const revoke = useMutation({
    mutationFn: (id: string) => revokeKey(id),
    onSuccess: () => setRevoking(null),
    onError: (error) => toast(explain(error).message, { kind: 'problem' }),
    onSettled: () => client.invalidateQueries({ queryKey: keys.apiKeys }),
  })
  if (found.isPending) return <Loading />
  if (found.isError) return <ErrorState error={found.error} onRetry={() => void found.refetch()} />
  const inForce = found.data.data.filter((key) => key.revoked_ms === null)
  if (inForce.length === 0) return <p className={styles['note']}>{t('keys.none')}</p>

  const columns: readonly Column<KeyBody>[] = [
    { key: 'name', head: t('keys.name'), cell: (key) => <span dir="auto">{key.name}</span> },
    { key: 'shown', head: t('keys.begins'), cell: (key) => <code>{key.shown}…</code> },
    {
      key: 'used',
      head: t('keys.used'),
      cell: (key) => (key.last_used_ms === null ? t('keys.never') : <When atMs={key.last_used_ms} />),
    },
    { key: 'expires', head: t('keys.expires'), cell: (key) => expiryOf(key) },
    {
      key: 'revoke',
      head: t('keys.revoke'),
      isHeadHidden: true,
      cell: (key) => (
        <Button
          size="small"
          kind="danger"
          aria-label={t('keys.revokeOf', { name: isolated(key.name) })}
          onClick={() => setRevoking(key)}
        >
          {t('keys.revoke')}
        </Button>
      ),
    },
  ]
  function expiryOf({ expires_ms: atMs }: KeyBody) {
    if (atMs === null) return t('keys.lasts')
    return atMs < Date.now() ? <Badge kind="warn">{t('keys.expired')}</Badge> : dateText(atMs, i18n.language)
  }
  return (
    <>
      <Table caption={t('keys.title')} columns={columns} rows={inForce} keyOf={(key) => key.id} />
      <ConfirmDialog
        isOpen={revoking !== null}
        isDanger
        title={t('keys.revokeOf', { name: isolated(revoking?.name ?? '') })}
        action={t('keys.revoke')}
        isBusy={revoke.isPending}
        onConfirm={() => revoking !== null && revoke.mutate(revoking.id)}
        onCancel={() => setRevoking(null)}
      >
        <p>{t('keys.revokeMeans')}</p>
      </ConfirmDialog>
    </>
  )
}
