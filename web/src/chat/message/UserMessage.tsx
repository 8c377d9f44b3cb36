import { Pencil } from 'lucide-react'
import { memo, type ReactNode, useContext, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { OpenConversation } from '@/core/conversation'
import type { Sending } from '@/core/conversation-state'
import type { AttachmentRef, Message } from '@/core/wire'
import { Button, IconButton } from '@/ui/Button'
import { CopyButton } from '@/ui/Copy'
import { classes } from '@/ui/classes'
import { useExplain } from '@/ui/errors'
import { ChatActions } from '../actions'
import { Branches } from './Branches'
import { EditMessage } from './EditMessage'
import { MessageFiles } from './MessageFiles'
import { Notice } from './Notice'
import styles from './UserMessage.module.css'

export interface UserMessageProps {
  readonly conversation: OpenConversation
  readonly message: Message
  readonly name: string
  readonly isEdited: boolean
}

/** What the person said. */
export const UserMessage = memo(function UserMessage({
  conversation,
  message,
  name,
  isEdited,
}: UserMessageProps) {
  const { t } = useTranslation('chat')
  const { beginEdit } = useContext(ChatActions)
  if (isEdited) return <EditMessage message={message} />
  const isErased = message.erased_ms !== null
  return (
    <article className={styles['message']}>
      <h2 className="visually-hidden">{t('message.user')}</h2>
      {isErased ? (
        <Notice>{t('notice.erased')}</Notice>
      ) : (
        <Said text={message.text} attachments={message.attachments} />
      )}
      <div className={styles['tools']}>
        <Branches
          conversation={conversation}
          entry={{ kind: 'message', key: name, message }}
          depth={message.depth}
        />
        {!isErased && (
          <>
            <CopyButton text={message.text} label={t('action.copyMessage')} />
            <IconButton size="small" label={t('action.edit')} onClick={() => beginEdit(message)}>
              <Pencil size={16} aria-hidden="true" />
            </IconButton>
          </>
        )}
      </div>
    </article>
  )
})

/** What the person said and the server has not taken yet. */
export function SendingMessage({ sending }: { sending: Sending }) {
  const { t } = useTranslation('chat')
  const { resend, takeBack } = useContext(ChatActions)
  const explain = useExplain()
  const said = sending.error === null ? null : explain(sending.error)
  const isAgain = sending.text === null
  return (
    <article className={styles['message']} aria-busy={sending.error === null}>
      <h2 className="visually-hidden">{t('message.user')}</h2>
      {sending.text !== null && <Said text={sending.text} attachments={sending.attachments} />}
      {said !== null && (
        <Notice
          kind="problem"
          actions={
            <>
              <Button size="small" onClick={takeBack}>
                {t(isAgain ? 'sending.drop' : 'sending.takeBack')}
              </Button>
              <Button size="small" onClick={resend}>
                {t('sending.again')}
              </Button>
            </>
          }
        >
          <p>
            <strong>{t(isAgain ? 'sending.notAsked' : 'sending.notSent')}</strong> {said.message}
          </p>
          {said.hint !== '' && <p>{said.hint}</p>}
        </Notice>
      )}
    </article>
  )
}

/** Longer texts are folded. */
const LONG = { chars: 1_600, lines: 24 }

function Said({ text, attachments }: { text: string; attachments: readonly AttachmentRef[] }): ReactNode {
  const { t } = useTranslation('chat')
  const [isOpen, setOpen] = useState(false)
  const isLong = text.length > LONG.chars || text.split('\n', LONG.lines + 1).length > LONG.lines
  const isFolded = isLong && !isOpen
  return (
    <div className={styles['said']}>
      <MessageFiles files={attachments} />
      {text !== '' && (
        <p className={classes(styles['text'], isFolded && styles['folded'])} dir="auto">
          {isFolded ? text.slice(0, 2 * LONG.chars) : text}
        </p>
      )}
      {isLong && (
        <Button size="small" kind="quiet" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
          {t(isOpen ? 'message.fold' : 'message.unfold')}
        </Button>
      )}
    </div>
  )
}
