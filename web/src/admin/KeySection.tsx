import { useInfiniteQuery, useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { listAllKeys, revokeAnyKey } from '@/core/admin'
import { isolated } from '@/core/bidi'
import type { KeyBody } from '@/core/wire'
import { keys } from '@/queries'
import { Badge } from '@/ui/Badge'
import { Button } from '@/ui/Button'
import { ConfirmDialog } from '@/ui/ConfirmDialog'
import { useExplain } from '@/ui/errors'
import { ErrorState, Loading } from '@/ui/States'
import { type Column, Table } from '@/ui/Table'
import { toast } from '@/ui/Toast'
import { When } from '@/ui/When'
import styles from './Admin.module.css'

/** The API keys of every account. */
export function KeySection() {
  const { t } = useTranslation('admin')
  const explain = useExplain()
  const client = useQueryClient()
  const [revoking, setRevoking] = useState<KeyBody | null>(null)
  const found = useInfiniteQuery({
    queryKey: keys.admin('keys'),
    queryFn: ({ pageParam, signal }) => listAllKeys(pageParam, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => (page.has_more ? (page.data.at(-1)?.id ?? null) : null),
  })
  const revoke = useMutation({
    mutationFn: (id: string) => revokeAnyKey(id),
    onSuccess: () => setRevoking(null),
    onError: (error) => toast(explain(error).message, { kind: 'problem' }),
    onSettled: () => client.invalidateQueries({ queryKey: keys.admin('keys') }),
  })
  if (found.isPending) return <Loading />
  if (found.isError) return <ErrorState error={found.error} onRetry={() => void found.refetch()} />

  const columns: readonly Column<KeyBody>[] = [
    { key: 'name', head: t('keys.name'), cell: (key) => <span dir="auto">{key.name}</span> },
    { key: 'shown', head: t('keys.begins'), cell: (key) => <code>{key.shown}…</code> },
    { key: 'user', head: t('keys.user'), cell: (key) => <span dir="auto">{key.user_name}</span> },
    {
      key: 'used',
      head: t('keys.used'),
      cell: (key) => (key.last_used_ms === null ? t('users.never') : <When atMs={key.last_used_ms} />),
    },
    {
      key: 'revoke',
      head: t('keys.revoke'),
      isHeadHidden: true,
      cell: (key) =>
        key.revoked_ms === null ? (
          <Button
            size="small"
            kind="danger"
            aria-label={t('keys.revokeOf', { name: isolated(key.name) })}
            onClick={() => setRevoking(key)}
          >
            {t('keys.revoke')}
          </Button>
        ) : (
          <Badge>{t('keys.revoked')}</Badge>
        ),
    },
  ]
  return (
    <div className={styles['block']}>
      <Table
        caption={t('section.keys')}
        columns={columns}
        rows={found.data.pages.flatMap((page) => page.data)}
        keyOf={(key) => key.id}
      />
      {found.hasNextPage && (
        <div>
          <Button isBusy={found.isFetchingNextPage} onClick={() => void found.fetchNextPage()}>
            {t('more')}
          </Button>
        </div>
      )}
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
    </div>
  )
}
