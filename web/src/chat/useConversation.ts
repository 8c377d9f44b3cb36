import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import { useLocation } from 'wouter'
import { useStore } from 'zustand'
import type { OpenConversation } from '@/core/conversation'
import { readConversation } from '@/core/conversation-calls'
import type { ConversationState } from '@/core/conversation-state'
import { conversationPath } from '@/core/conversations'
import { conversationOf, followConversation, onConversationChange } from '@/core/open-conversations'
import { keys } from '@/queries'

/** The conversation at an address, open as long as it is shown; a new one takes its address when it has one. */
export function useConversation(id: string): OpenConversation {
  const [held, hold] = useState(() => ({ id, conversation: conversationOf(id) }))
  let { conversation } = held
  if (held.id !== id) {
    conversation = conversationOf(id)
    hold({ id, conversation })
  }
  const [, navigate] = useLocation()
  const client = useQueryClient()
  useEffect(() => {
    conversation.open()
    const stop = followConversation(conversation)
    return () => {
      stop()
      conversation.leave()
    }
  }, [conversation])
  useEffect(
    () =>
      onConversationChange((changed) => {
        void client.invalidateQueries({ queryKey: keys.conversations })
        void client.invalidateQueries({ queryKey: keys.conversation(changed.now.id) })
        if (changed === conversation && id === '' && changed.now.id !== '') {
          navigate(conversationPath(changed.now.id), { replace: true })
        }
      }),
    [client, conversation, id, navigate],
  )
  return conversation
}

/** The title of a conversation, empty where it has none; null while it is not known. */
export function useTitle(conversation: OpenConversation): string | null {
  const id = useConversationState(conversation, (state) => state.id)
  const info = useConversationState(conversation, (state) => state.info)
  const isReady = useConversationState(conversation, (state) => state.phase === 'ready')
  const { data } = useQuery({
    queryKey: keys.conversation(id),
    queryFn: () => readConversation(id),
    enabled: id !== '' && isReady,
  })
  return id === '' ? '' : (data?.title ?? info?.title ?? null)
}

/** A part of a conversation's state; `select` must give the same value for the same state. */
export function useConversationState<T>(
  conversation: OpenConversation,
  select: (state: ConversationState) => T,
): T {
  return useStore(conversation.state, select)
}
