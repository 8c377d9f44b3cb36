import { useEffect } from 'react'
import { useTranslation } from 'react-i18next'
import type { OpenConversation } from '@/core/conversation'
import { isAnswering } from '@/core/conversation-state'
import { announce } from '@/ui/Announcer'
import { lastMessage } from './useChatCommands'

/** Says when an answer begins and how it ended; its words are there to be read, not to be interrupted by. */
export function useAnnouncements(conversation: OpenConversation): void {
  const { t } = useTranslation('chat')
  useEffect(
    () =>
      conversation.state.subscribe((now, before) => {
        const [is, was] = [isAnswering(now), isAnswering(before)]
        if (is && !was) announce(t('announce.begins'))
        if (was && !is && now.phase === 'ready') {
          const { turn } = lastMessage(conversation, 'assistant') ?? {}
          const isWhole = now.sending === null && (turn?.status ?? 'complete') === 'complete'
          announce(t(isWhole ? 'announce.ends' : 'announce.endsEarly'))
        }
      }),
    [conversation, t],
  )
}
