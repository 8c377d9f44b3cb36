import { type RefObject, useRef } from 'react'
import { useTranslation } from 'react-i18next'
import type { Conversation } from '@/core/wire'
import styles from './ConversationRow.module.css'
import { listState } from './list-state'
import { useChange } from './useConversations'

const MAX_LENGTH = 200

/** A conversation's title as a field: Enter or leaving it saves, Escape leaves it as it was. */
export function RenameField({
  conversation,
  takesFocus,
}: {
  conversation: Conversation
  takesFocus: RefObject<string | null>
}) {
  const { t } = useTranslation('shell')
  const { mutate } = useChange()
  const isOver = useRef(false)

  const end = (title: string | null, goesBack: boolean) => {
    if (isOver.current) return
    isOver.current = true
    if (goesBack) takesFocus.current = conversation.id
    listState.setState({ renaming: '' })
    if (title !== null && title !== '' && title !== conversation.title) {
      mutate({ ids: [conversation.id], change: { title } })
    }
  }
  return (
    <div className={styles['row']}>
      <input
        ref={(input) => input?.select()}
        className={styles['rename']}
        aria-label={t('list.newTitle')}
        defaultValue={conversation.title}
        maxLength={MAX_LENGTH}
        dir="auto"
        onBlur={(event) => end(event.target.value.trim(), false)}
        onKeyDown={(event) => {
          // Enter that ends the writing of a Chinese word does not end the title.
          if (event.nativeEvent.isComposing) return
          if (event.key === 'Enter') end(event.currentTarget.value.trim(), true)
          else if (event.key === 'Escape') end(null, true)
          else return
          event.preventDefault()
          event.stopPropagation()
        }}
      />
    </div>
  )
}
