import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { endOtherSessions, endSession, listSessions } from '@/core/account'
import { agentOf } from '@/core/agents'
import type { SessionInfo } from '@/core/wire'
import { keys } from '@/queries'
import { Badge } from '@/ui/Badge'
import { Button } from '@/ui/Button'
import { useExplain } from '@/ui/errors'
import { ErrorState, Loading } from '@/ui/States'
import { toast } from '@/ui/Toast'
import { When } from '@/ui/When'
import styles from './Settings.module.css'

/** Where one is signed in, and the way to end that. */
export function Sessions() {
  const { t } = useTranslation('settings')
  const explain = useExplain()
  const client = useQueryClient()
  const sessions = useQuery({ queryKey: keys.sessions, queryFn: ({ signal }) => listSessions(signal) })
  const end = useMutation({
    // Null ends all but this one.
    mutationFn: async (id: string | null) => {
      if (id === null) await endOtherSessions()
      else await endSession(id)
    },
    onSuccess: () => toast(t('sessions.ended')),
    onError: (error) => toast(explain(error).message, { kind: 'problem' }),
    onSettled: () => client.invalidateQueries({ queryKey: keys.sessions }),
  })
  if (sessions.isPending) return <Loading />
  if (sessions.isError) return <ErrorState error={sessions.error} onRetry={() => void sessions.refetch()} />
  const others = sessions.data.data.filter((session) => !session.is_current)
  return (
    <>
      <ul className={styles['list']}>
        {sessions.data.data.map((session) => (
          <li key={session.id} className={styles['item']}>
            <SessionText session={session} />
            {session.is_current ? (
              <Badge kind="accent">{t('sessions.current')}</Badge>
            ) : (
              <Button size="small" disabled={end.isPending} onClick={() => end.mutate(session.id)}>
                {t('sessions.end')}
              </Button>
            )}
          </li>
        ))}
      </ul>
      {others.length > 1 && (
        <div>
          <Button kind="danger" isBusy={end.isPending} onClick={() => end.mutate(null)}>
            {t('sessions.endOthers')}
          </Button>
        </div>
      )}
    </>
  )
}

function SessionText({ session }: { session: SessionInfo }) {
  const { t } = useTranslation('settings')
  const { browser, system } = agentOf(session.agent)
  const name =
    browser === ''
      ? session.agent || t('sessions.unknown')
      : t('sessions.agent', { browser, system: system || '?' })
  return (
    <div>
      <p>{name}</p>
      <p className={styles['note']}>
        {session.client} · {t('sessions.seen')} <When atMs={session.last_seen_ms} />
      </p>
    </div>
  )
}
