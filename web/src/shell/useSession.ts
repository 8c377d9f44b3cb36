import { type UseQueryResult, useQuery, useQueryClient } from '@tanstack/react-query'
import { useCallback, useEffect } from 'react'
import { forgetDrafts } from '@/core/drafts'
import { holdSession } from '@/core/expiry'
import { readSession, signOut } from '@/core/session'
import { followSettings } from '@/core/settings'
import { tellTabs } from '@/core/tabs'
import type { Session } from '@/core/wire'
import { keys } from '@/queries'

/** Who is signed in: `data` is null for nobody. */
export function useSession(): UseQueryResult<Session | null> {
  return useQuery({
    queryKey: keys.session,
    queryFn: ({ signal }) => readSession(signal),
    staleTime: 5 * 60_000,
  })
}

/** Keeps the part of the app that lies outside React informed of who is signed in; stands once, in the frame. */
export function useHeldSession(): void {
  const { data } = useSession()
  const userId = data?.user_id
  useEffect(() => {
    if (data !== undefined) holdSession(data)
  }, [data])
  useEffect(() => (userId === undefined ? undefined : followSettings()), [userId])
}

/** Takes over a session that was just opened; with it everything that was kept of nobody is gone. */
export function useSignedIn(): (session: Session) => void {
  const client = useQueryClient()
  return useCallback(
    (session) => {
      client.clear()
      client.setQueryData(keys.session, session)
      tellTabs({ type: 'session', userId: session.user_id })
    },
    [client],
  )
}

/** Ends the session and forgets on this page whatever it showed. */
export function useSignOut(): () => Promise<void> {
  return useCallback(async () => {
    await signOut()
    tellTabs({ type: 'session', userId: '' })
    forgetDrafts()
    // A page that is loaded anew holds nothing of the person who left.
    window.location.assign('/sign-in')
  }, [])
}
