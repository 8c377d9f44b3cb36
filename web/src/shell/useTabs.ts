import { useQueryClient } from '@tanstack/react-query'
import { useEffect } from 'react'
import { onTabMessage } from '@/core/tabs'
import type { Session } from '@/core/wire'
import { keys } from '@/queries'

/** Follows what other tabs of this browser change: the list, and who is signed in. */
export function useTabs(): void {
  const client = useQueryClient()
  useEffect(
    () =>
      onTabMessage((message) => {
        switch (message.type) {
          case 'conversations':
            void client.invalidateQueries({ queryKey: keys.conversations })
            return
          case 'session': {
            const here = client.getQueryData<Session | null>(keys.session)?.user_id ?? ''
            // Another person's page must not stay on the screen; the same person's question is answered.
            if (message.userId !== here) window.location.reload()
            else void client.invalidateQueries()
            return
          }
          default:
            return message satisfies never
        }
      }),
    [client],
  )
}
