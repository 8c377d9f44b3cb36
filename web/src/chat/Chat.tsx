import { useMemo, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { OpenConversation } from '@/core/conversation'
import { isAnswering } from '@/core/conversation-state'
import type { Message, Model } from '@/core/wire'
import { useSession } from '@/shell/useSession'
import { ButtonLink } from '@/ui/Button'
import { type Explained, useExplain } from '@/ui/errors'
import { EmptyState, ErrorState, Loading } from '@/ui/States'
import { toast } from '@/ui/Toast'
import { ChatActions, type ChatActionsValue } from './actions'
import styles from './Chat.module.css'
import { Composer, type ComposerHandle } from './composer/Composer'
import { MessageList, type MessageListHandle } from './MessageList'
import { useAnnouncements } from './useAnnouncements'
import { answers } from './useChannels'
import { lastMessage, useChatCommands } from './useChatCommands'
import { useConversationState } from './useConversation'
import { useSoughtMessage } from './useSoughtMessage'
import { Welcome } from './Welcome'

export interface ChatProps {
  readonly conversation: OpenConversation
  /** Where a new conversation begins. */
  readonly channel: string
  readonly model: Model | undefined
}

/** A conversation: its messages, and where the next one is written. */
export function Chat({ conversation, channel, model }: ChatProps) {
  const { t } = useTranslation('chat')
  const userId = useSession().data?.user_id ?? ''
  const [editedId, setEdited] = useState('')
  const composer = useRef<ComposerHandle>(null)
  const list = useRef<MessageListHandle>(null)
  const id = useConversationState(conversation, (state) => state.id)
  const isBusy = useConversationState(conversation, isAnswering)
  const soughtId = useSoughtMessage(conversation, list)
  const actions = useActions(conversation, channel, composer, list, setEdited)
  const editLast = () => {
    const message = lastMessage(conversation, 'user')
    if (message !== null && message.erased_ms === null) actions.beginEdit(message)
  }
  useAnnouncements(conversation)
  useChatCommands({
    conversation,
    stop: actions.stop,
    retry: actions.retry,
    editLast,
    focus: () => composer.current?.focus(),
    attach: () => composer.current?.chooseFiles(),
    toEnd: () => list.current?.toEnd(),
  })
  return (
    <ChatActions value={actions}>
      <Body conversation={conversation} editedId={editedId} soughtId={soughtId} list={list} model={model} />
      <div className={styles['foot']}>
        <Composer
          userId={userId}
          draftKey={id}
          model={model}
          isAnswering={isBusy}
          blocked={model !== undefined && !answers(model) ? t('composer.frozen') : ''}
          onSend={(text, attachments) => {
            void conversation.send(text, attachments, channel)
            requestAnimationFrame(() => list.current?.toEnd())
          }}
          onStop={actions.stop}
          onEditLast={editLast}
          handle={composer}
        />
      </div>
    </ChatActions>
  )
}

interface BodyProps {
  readonly conversation: OpenConversation
  readonly editedId: string
  readonly soughtId: string
  readonly list: React.RefObject<MessageListHandle | null>
  readonly model: Model | undefined
}

function Body({ conversation, editedId, soughtId, list, model }: BodyProps) {
  const { t } = useTranslation('chat')
  const phase = useConversationState(conversation, (state) => state.phase)
  const error = useConversationState(conversation, (state) => state.error)
  const isEmpty = useConversationState(
    conversation,
    ({ path, sending }) => path.length === 0 && sending === null,
  )
  switch (phase) {
    case 'loading':
      return (
        <div className={styles['middle']}>
          <Loading />
        </div>
      )
    case 'failed':
      return (
        <div className={styles['middle']}>
          <ErrorState error={error} onRetry={() => void conversation.refresh()} />
        </div>
      )
    case 'gone':
      return (
        <div className={styles['middle']}>
          <EmptyState title={t('gone.title')} action={<ButtonLink href="/">{t('gone.new')}</ButtonLink>}>
            <p>{t('gone.body')}</p>
          </EmptyState>
        </div>
      )
    case 'new':
    case 'ready':
      return isEmpty ? (
        <div className={styles['middle']}>
          <Welcome channel={model} />
        </div>
      ) : (
        <MessageList conversation={conversation} editedId={editedId} soughtId={soughtId} handle={list} />
      )
    default:
      return phase satisfies never
  }
}

function useActions(
  conversation: OpenConversation,
  channel: string,
  composer: React.RefObject<ComposerHandle | null>,
  list: React.RefObject<MessageListHandle | null>,
  setEdited: (id: string) => void,
): ChatActionsValue & { readonly stop: () => void } {
  const explain = useExplain()
  const latest = useRef({ channel, explain })
  latest.current = { channel, explain }
  return useMemo(() => {
    const tell = (error: unknown) => {
      const { message, hint }: Explained = latest.current.explain(error)
      toast(`${message} ${hint}`.trim(), { kind: 'problem' })
    }
    const toEnd = () => requestAnimationFrame(() => list.current?.toEnd())
    return {
      stop: () => void conversation.stop().catch(tell),
      retry: (parentId, depth) => {
        void conversation.retry(parentId, depth)
        toEnd()
      },
      fillComposer: (text) => composer.current?.fill(text),
      resend: () => void conversation.resend(latest.current.channel),
      takeBack: () => {
        const taken = conversation.dropSending()
        if (taken?.text != null) composer.current?.fill(taken.text, taken.attachments)
      },
      beginEdit: (message) => setEdited(message.id),
      endEdit: () => {
        setEdited('')
        composer.current?.focus()
      },
      edit: (message: Message, text: string) => {
        setEdited('')
        void conversation.edit(message, text, message.attachments)
        composer.current?.focus()
        toEnd()
      },
    }
  }, [conversation, composer, list, setEdited])
}
