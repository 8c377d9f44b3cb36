import { useInfiniteQuery } from '@tanstack/react-query'
import { UserPlus } from 'lucide-react'
import { useDeferredValue, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { listUsers } from '@/core/admin'
import { isolated } from '@/core/bidi'
import type { UserBody } from '@/core/wire'
import { keys } from '@/queries'
import { Badge } from '@/ui/Badge'
import { Button } from '@/ui/Button'
import { Field } from '@/ui/Field'
import { ErrorState, Loading } from '@/ui/States'
import { type Column, Table } from '@/ui/Table'
import { When } from '@/ui/When'
import styles from './Admin.module.css'
import { UserDialog } from './UserDialog'

/** The accounts: found, made, changed, closed. */
export function UserSection() {
  const { t } = useTranslation('admin')
  const [text, setText] = useState('')
  const asked = useDeferredValue(text.trim())
  const [opened, setOpened] = useState<UserBody | 'new' | null>(null)
  const found = useInfiniteQuery({
    queryKey: [...keys.admin('users'), asked],
    queryFn: ({ pageParam, signal }) => listUsers(asked, pageParam, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => (page.has_more ? (page.data.at(-1)?.id ?? null) : null),
    placeholderData: (before) => before,
  })
  return (
    <div className={styles['block']}>
      <div className={styles['row']}>
        <Field
          className={styles['grow']}
          type="search"
          label={t('users.find')}
          value={text}
          onChange={(event) => setText(event.target.value)}
        />
        <Button kind="primary" onClick={() => setOpened('new')}>
          <UserPlus size={18} aria-hidden="true" /> {t('users.add')}
        </Button>
      </div>
      {found.isPending && <Loading />}
      {found.isError && <ErrorState error={found.error} onRetry={() => void found.refetch()} />}
      {found.isSuccess && (
        <>
          <p className={styles['hint']} aria-live="polite">
            {t('users.count', { count: found.data.pages[0]?.total ?? 0 })}
          </p>
          <UserTable users={found.data.pages.flatMap((page) => page.data)} onOpen={setOpened} />
          {found.hasNextPage && (
            <div>
              <Button isBusy={found.isFetchingNextPage} onClick={() => void found.fetchNextPage()}>
                {t('more')}
              </Button>
            </div>
          )}
        </>
      )}
      {opened !== null && (
        <UserDialog user={opened === 'new' ? null : opened} onClose={() => setOpened(null)} />
      )}
    </div>
  )
}

function UserTable({ users, onOpen }: { users: readonly UserBody[]; onOpen: (user: UserBody) => void }) {
  const { t } = useTranslation(['admin', 'shell'])
  const columns: readonly Column<UserBody>[] = [
    {
      key: 'name',
      head: t('users.name'),
      cell: (user) => (
        <span dir="auto">
          {user.name} {user.disabled_ms !== null && <Badge kind="warn">{t('users.disabled')}</Badge>}
        </span>
      ),
    },
    {
      key: 'roles',
      head: t('users.roles'),
      cell: (user) => user.roles.map((role) => t(`shell:roles.${role}`)).join(', '),
    },
    {
      key: 'seen',
      head: t('users.seen'),
      cell: (user) => (user.last_seen_ms === null ? t('users.never') : <When atMs={user.last_seen_ms} />),
    },
    { key: 'keys', head: t('users.keys'), isNumber: true, cell: (user) => user.keys },
    {
      key: 'open',
      head: t('users.change'),
      isHeadHidden: true,
      cell: (user) => (
        <Button
          size="small"
          aria-label={t('users.changeOf', { name: isolated(user.name) })}
          onClick={() => onOpen(user)}
        >
          {t('users.change')}
        </Button>
      ),
    },
  ]
  return <Table caption={t('section.users')} columns={columns} rows={users} keyOf={(user) => user.id} />
}
