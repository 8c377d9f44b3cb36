import { type RefObject, useEffect, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useLocation, useSearch } from 'wouter'
import { ApiError } from '@/core/api'
import type { OpenConversation } from '@/core/conversation'
import { conversationPath } from '@/core/conversations'
import { toast } from '@/ui/Toast'
import type { MessageListHandle } from './MessageList'
import { useConversationState } from './useConversation'

/**
 * Goes to the message that the address names, on whatever branch it is; returns its id while it is set apart.
 * The address then is that of the conversation again: a reload shows its end.
 */
export function useSoughtMessage(
  conversation: OpenConversation,
  list: RefObject<MessageListHandle | null>,
): string {
  const { t } = useTranslation('chat')
  const search = useSearch()
  const [, navigate] = useLocation()
  const [found, setFound] = useState('')
  const isReady = useConversationState(conversation, (state) => state.phase === 'ready')
  const wanted = new URLSearchParams(search).get('message') ?? ''
  useEffect(() => {
    if (!isReady || wanted === '') return
    const { id } = conversation.now
    conversation.show(wanted).then(
      (depth) => {
        setFound(wanted)
        requestAnimationFrame(() => list.current?.toIndex(depth))
        navigate(conversationPath(id), { replace: true })
      },
      (error: unknown) => {
        if (!(error instanceof ApiError)) throw error
        toast(t('list.messageGone'), { kind: 'problem' })
        navigate(conversationPath(id), { replace: true })
      },
    )
  }, [conversation, isReady, wanted, list, navigate, t])
  return found
}
