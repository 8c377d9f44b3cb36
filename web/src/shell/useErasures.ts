import { type InfiniteData, useQueryClient } from '@tanstack/react-query'
import { useEffect } from 'react'
import { useTranslation } from 'react-i18next'
import { isolated } from '@/core/bidi'
import { followErasures, onErasureEnd } from '@/core/erasures'
import type { ConversationList } from '@/core/wire'
import { keys } from '@/queries'
import { useExplain } from '@/ui/errors'
import { toast } from '@/ui/Toast'
import { useSession } from './useSession'

/** Sees erasures through that wait for their time, and takes what is erased out of what this page has read. */
export function useErasures(): void {
  const { t } = useTranslation('shell')
  const explain = useExplain()
  const client = useQueryClient()
  const userId = useSession().data?.user_id
  useEffect(() => (userId === undefined ? undefined : followErasures(userId)), [userId])
  useEffect(
    () =>
      onErasureEnd(({ id, title }, error) => {
        if (error === null) {
          client.setQueriesData<InfiniteData<ConversationList>>({ queryKey: keys.conversations }, without(id))
          client.removeQueries({ queryKey: keys.conversation(id) })
          void client.invalidateQueries({ queryKey: keys.search })
        } else {
          toast(
            t('delete.failed', {
              title: isolated(title || t('list.untitled')),
              reason: explain(error).message,
            }),
            {
              kind: 'problem',
            },
          )
        }
        void client.invalidateQueries({ queryKey: keys.conversations })
      }),
    [client, explain, t],
  )
}

function without(id: string) {
  return (pages: InfiniteData<ConversationList> | undefined) =>
    pages && {
      ...pages,
      pages: pages.pages.map((page) => ({
        ...page,
        data: page.data.filter((conversation) => conversation.id !== id),
      })),
    }
}
