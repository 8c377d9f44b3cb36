import { useEffect, useRef } from 'react'
import { useTranslation } from 'react-i18next'
import { registerCommands } from '@/core/commands'
import type { OpenConversation } from '@/core/conversation'
import { isAnswering } from '@/core/conversation-state'
import type { Message } from '@/core/wire'
import { announce } from '@/ui/Announcer'
import { copyText } from '@/ui/Copy'

export interface ChatCommandParts {
  readonly conversation: OpenConversation
  readonly stop: () => void
  readonly retry: (parentId: string, depth: number) => void
  readonly editLast: () => void
  readonly focus: () => void
  readonly attach: () => void
  readonly toEnd: () => void
}

/** Registers what can be done in a conversation. */
export function useChatCommands(parts: ChatCommandParts): void {
  const { t } = useTranslation('chat')
  const latest = useRef({ ...parts, t })
  useEffect(() => {
    latest.current = { ...parts, t }
  })
  useEffect(() => {
    const now = () => latest.current
    const state = () => now().conversation.now
    return registerCommands([
      {
        id: 'chat.stop',
        title: 'chat:action.stop',
        shortcut: 'Escape',
        worksInFields: true,
        isAvailable: () => isAnswering(state()),
        run: () => now().stop(),
      },
      {
        id: 'chat.copyAnswer',
        title: 'chat:action.copyLastAnswer',
        shortcut: 'Mod+Shift+C',
        worksInFields: true,
        isAvailable: () => lastMessage(now().conversation, 'assistant') !== null,
        run: async () => {
          await copyText(lastMessage(now().conversation, 'assistant')?.text ?? '')
          announce(now().t('copied', { ns: 'common' }))
        },
      },
      {
        id: 'chat.retry',
        title: 'chat:action.retryLast',
        isAvailable: () => !isAnswering(state()) && lastMessage(now().conversation, 'assistant') !== null,
        run: () => {
          const answer = lastMessage(now().conversation, 'assistant')
          if (answer !== null) now().retry(answer.parent_id, answer.depth)
        },
      },
      {
        id: 'chat.editLast',
        title: 'chat:action.editLast',
        isAvailable: () => !isAnswering(state()) && lastMessage(now().conversation, 'user') !== null,
        run: () => now().editLast(),
      },
      {
        id: 'chat.focus',
        title: 'chat:action.focus',
        shortcut: 'Shift+Escape',
        worksInFields: true,
        run: () => now().focus(),
      },
      { id: 'chat.attach', title: 'chat:action.attach', run: () => now().attach() },
      {
        id: 'chat.newest',
        title: 'chat:list.newest',
        shortcut: 'Mod+ArrowDown',
        isAvailable: () => state().path.length > 0,
        run: () => now().toEnd(),
      },
    ])
  }, [])
}

/** The last message of a role on the path, null where none is loaded. */
export function lastMessage(conversation: OpenConversation, role: Message['role']): Message | null {
  const { path } = conversation.now
  for (let depth = path.length - 1; depth >= 0; depth--) {
    const message = path.rows.get(depth)
    if (message === undefined) return null
    if (message.role === role) return message
  }
  return null
}
