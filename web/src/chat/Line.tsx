import { useContext } from 'react'
import { useTranslation } from 'react-i18next'
import type { OpenConversation } from '@/core/conversation'
import type { Entry } from '@/core/conversation-state'
import type { Reply } from '@/core/reply'
import type { Message } from '@/core/wire'
import { Button } from '@/ui/Button'
import { ChatActions } from './actions'
import { Answer } from './message/Answer'
import { ErrorNotice } from './message/ErrorNotice'
import { Notice } from './message/Notice'
import { SendingMessage, UserMessage } from './message/UserMessage'
import { useConversationState } from './useConversation'

export interface LineProps {
  readonly conversation: OpenConversation
  readonly entry: Entry
  readonly index: number
  readonly editedId: string
}

/** One line of the list. */
export function Line({ conversation, entry, index, editedId }: LineProps) {
  // An answer stays the same component when it is stored: it is not drawn anew.
  const answer = answerIn(entry)
  if (answer !== null) {
    return <Answer conversation={conversation} name={entry.key} depth={index} of={answer} />
  }
  switch (entry.kind) {
    case 'gap':
      return <Gap conversation={conversation} />
    case 'sending':
      return <SendingMessage sending={entry.sending} />
    case 'reply':
      return null
    case 'message':
      return (
        <StoredMessage
          conversation={conversation}
          name={entry.key}
          message={entry.message}
          editedId={editedId}
        />
      )
    default:
      return entry satisfies never
  }
}

function answerIn(entry: Entry): Message | Reply | null {
  if (entry.kind === 'reply') return entry.reply
  return entry.kind === 'message' && entry.message.role === 'assistant' ? entry.message : null
}

interface StoredMessageProps {
  readonly conversation: OpenConversation
  readonly name: string
  readonly message: Message
  readonly editedId: string
}

function StoredMessage({ conversation, name, message, editedId }: StoredMessageProps) {
  const { t } = useTranslation('chat')
  switch (message.role) {
    case 'assistant':
      return null
    case 'user':
      return (
        <>
          <UserMessage
            conversation={conversation}
            message={message}
            name={name}
            isEdited={message.id === editedId}
          />
          <Unanswered conversation={conversation} message={message} />
        </>
      )
    case 'system':
    case 'tool':
      return (
        <Notice>
          <p>{t(message.role === 'system' ? 'message.system' : 'message.tool')}</p>
          <p>{message.text}</p>
        </Notice>
      )
    default:
      return message.role satisfies never
  }
}

/** The last message has no answer, and none is on its way: the server was stopped in the middle, perhaps. */
function Unanswered({ conversation, message }: { conversation: OpenConversation; message: Message }) {
  const { t } = useTranslation('chat')
  const { retry } = useContext(ChatActions)
  const isUnanswered = useConversationState(
    conversation,
    ({ path, sending, replies }) =>
      path.leafId === message.id &&
      sending === null &&
      message.erased_ms === null &&
      !replies.some(({ parentId }) => parentId === message.id),
  )
  if (!isUnanswered) return null
  return (
    <Notice
      actions={
        <Button size="small" onClick={() => retry(message.id, message.depth + 1)}>
          {t('notice.askAgain')}
        </Button>
      }
    >
      {t('notice.unanswered')}
    </Notice>
  )
}

/** A place whose message is not read yet. */
function Gap({ conversation }: { conversation: OpenConversation }) {
  const { t } = useTranslation('chat')
  const error = useConversationState(conversation, (state) => state.gapError)
  if (error !== null) return <ErrorNotice error={error} />
  return <p className="visually-hidden">{t('loading', { ns: 'common' })}</p>
}
