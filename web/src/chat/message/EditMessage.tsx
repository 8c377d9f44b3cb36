import { type KeyboardEvent, useContext, useEffect, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { Message } from '@/core/wire'
import { Button } from '@/ui/Button'
import { ChatActions } from '../actions'
import { isSendKey } from '../composer/keys'
import styles from './EditMessage.module.css'

/** A message that is being written anew, in its place; sending it starts a branch beside it. */
export function EditMessage({ message }: { message: Message }) {
  const { t } = useTranslation('chat')
  const { edit, endEdit } = useContext(ChatActions)
  const [text, setText] = useState(message.text)
  const field = useRef<HTMLTextAreaElement>(null)
  useEffect(() => {
    const area = field.current
    area?.focus()
    area?.setSelectionRange(area.value.length, area.value.length)
  }, [])
  const isEmpty = text.trim() === ''
  const send = () => {
    if (!isEmpty) edit(message, text)
  }
  const press = (event: KeyboardEvent<HTMLTextAreaElement>) => {
    if (isSendKey(event.nativeEvent)) {
      event.preventDefault()
      send()
    } else if (event.key === 'Escape' && !event.nativeEvent.isComposing) {
      event.preventDefault()
      endEdit()
    }
  }
  return (
    <form
      className={styles['edit']}
      onSubmit={(event) => {
        event.preventDefault()
        send()
      }}
    >
      <textarea
        ref={field}
        className={styles['field']}
        dir="auto"
        aria-label={t('edit.label')}
        aria-describedby={`edit-${message.id}`}
        value={text}
        onChange={(event) => setText(event.target.value)}
        onKeyDown={press}
      />
      <div className={styles['foot']}>
        <span id={`edit-${message.id}`} className={styles['hint']}>
          {t('edit.hint')}
        </span>
        <Button size="small" onClick={endEdit}>
          {t('cancel', { ns: 'common' })}
        </Button>
        <Button size="small" kind="primary" type="submit" disabled={isEmpty}>
          {t('edit.send')}
        </Button>
      </div>
    </form>
  )
}
