import {
  type InfiniteData,
  type UseInfiniteQueryResult,
  useInfiniteQuery,
  useMutation,
  useQueryClient,
} from '@tanstack/react-query'
import { useMemo } from 'react'
import { useTranslation } from 'react-i18next'
import { useStore } from 'zustand'
import { changeConversation, listConversations } from '@/core/conversations'
import { erasures } from '@/core/erasures'
import { tellTabs } from '@/core/tabs'
import type { Conversation, ConversationList } from '@/core/wire'
import { keys } from '@/queries'
import { useExplain } from '@/ui/errors'
import { toast } from '@/ui/Toast'

type Pages = InfiniteData<ConversationList>

export interface Conversations {
  /** Those that were read so far, without those that are being erased. */
  readonly list: readonly Conversation[]
  readonly query: UseInfiniteQueryResult<Pages>
}

/** The conversations or the archive, page by page. */
export function useConversations(isArchived: boolean, isEnabled = true): Conversations {
  const query = useInfiniteQuery({
    queryKey: keys.conversationList(isArchived),
    queryFn: ({ pageParam, signal }) => listConversations(isArchived, pageParam, signal),
    enabled: isEnabled,
    initialPageParam: '',
    getNextPageParam: (last) => (last.has_more ? last.data.at(-1)?.id : undefined),
  })
  const waiting = useStore(erasures, (state) => state.waiting)
  const { data } = query
  const list = useMemo(() => {
    const gone = new Set(waiting.map(({ id }) => id))
    return withoutDoubles(data?.pages ?? []).filter(({ id }) => !gone.has(id))
  }, [data, waiting])
  return { list, query }
}

/** A conversation that moved up while pages were read stands in two of them; the first counts. */
export function withoutDoubles(pages: readonly ConversationList[]): readonly Conversation[] {
  const all = pages.flatMap((page) => page.data)
  return [
    ...new Map(all.toReversed().map((conversation) => [conversation.id, conversation])).values(),
  ].reverse()
}

export interface Change {
  readonly ids: readonly string[]
  readonly change: { title?: string; is_pinned?: boolean; is_archived?: boolean }
}

/** Renames, pins or archives; the lists show it at once, and what it was before if the server refuses. */
export function useChange() {
  const { t } = useTranslation('shell')
  const explain = useExplain()
  const client = useQueryClient()
  return useMutation({
    mutationFn: ({ ids, change }: Change) => Promise.all(ids.map((id) => changeConversation(id, change))),
    onMutate: async ({ ids, change }: Change) => {
      await client.cancelQueries({ queryKey: keys.conversations })
      const before = client.getQueriesData<Pages>({ queryKey: keys.conversations })
      for (const [key, pages] of before)
        client.setQueryData(key, pages && applied(pages, new Set(ids), change))
      return before
    },
    onError: (error, _, before) => {
      for (const [key, pages] of before ?? []) client.setQueryData(key, pages)
      const { message, hint } = explain(error)
      toast(t('list.notChanged', { reason: `${message} ${hint}`.trim() }), { kind: 'problem' })
    },
    onSettled: async (_, __, { ids }) => {
      tellTabs({ type: 'conversations' })
      await Promise.all([
        client.invalidateQueries({ queryKey: keys.conversations }),
        ...ids.map((id) => client.invalidateQueries({ queryKey: keys.conversation(id) })),
      ])
    },
  })
}

function applied(pages: Pages, ids: ReadonlySet<string>, change: Change['change']): Pages {
  const isMoved = change.is_archived !== undefined
  const ofPage = (data: readonly Conversation[]) =>
    isMoved
      ? data.filter(({ id }) => !ids.has(id))
      : data.map((conversation) => (ids.has(conversation.id) ? { ...conversation, ...change } : conversation))
  return { ...pages, pages: pages.pages.map((page) => ({ ...page, data: ofPage(page.data) })) }
}
