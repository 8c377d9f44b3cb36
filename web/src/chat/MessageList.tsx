import { ArrowDown } from 'lucide-react'
import { type KeyboardEvent, type RefObject, useEffect, useImperativeHandle, useRef } from 'react'
import { useTranslation } from 'react-i18next'
import type { OpenConversation } from '@/core/conversation'
import { entryAt, entryCount } from '@/core/conversation-state'
import { Button } from '@/ui/Button'
import { Line } from './Line'
import styles from './MessageList.module.css'
import { useConversationState } from './useConversation'
import { useMessageScroll } from './useMessageScroll'

export interface MessageListHandle {
  readonly toEnd: () => void
  readonly toIndex: (index: number) => void
}

export interface MessageListProps {
  readonly conversation: OpenConversation
  /** The message that is being written anew, empty for none. */
  readonly editedId: string
  /** The message that somebody looked for, empty for none. */
  readonly soughtId: string
  readonly handle: RefObject<MessageListHandle | null>
}

/** The messages, of which only those near the view are in the page. It follows its end unless the reader went up. */
export function MessageList({ conversation, editedId, soughtId, handle }: MessageListProps) {
  const { t } = useTranslation('chat')
  const state = useConversationState(conversation, (whole) => whole)
  const scroller = useRef<HTMLElement>(null)
  const { list, isAtEnd, toEnd, toIndex } = useMessageScroll(state, scroller)
  const count = entryCount(state)
  useImperativeHandle(handle, () => ({ toEnd, toIndex }), [toEnd, toIndex])
  // The browser's own way there is a slow scroll, which the sizes of lines that come into view would end.
  const goToEnds = (event: KeyboardEvent) => {
    if (event.target !== event.currentTarget || (event.key !== 'Home' && event.key !== 'End')) return
    event.preventDefault()
    if (event.key === 'End') toEnd()
    else toIndex(0)
  }
  const { startIndex = 0, endIndex = 0 } = list.range ?? {}
  useEffect(
    () => conversation.look({ from: startIndex, to: endIndex + 1 }),
    [conversation, startIndex, endIndex],
  )
  return (
    <div className={styles['place']}>
      <section
        ref={scroller}
        className={styles['scroller']}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls
        tabIndex={0}
        aria-label={t('list.name')}
        onKeyDown={goToEnds}
      >
        <ol ref={list.containerRef} className={styles['lines']}>
          {list.getVirtualItems().map(({ key, index }) => (
            <li
              key={key}
              ref={list.measureElement}
              data-index={index}
              data-last={index === count - 1 || undefined}
              data-sought={(soughtId !== '' && state.path.rows.get(index)?.id === soughtId) || undefined}
              className={styles['line']}
              aria-setsize={count}
              aria-posinset={index + 1}
            >
              <Line
                conversation={conversation}
                entry={entryAt(state, index)}
                index={index}
                editedId={editedId}
              />
            </li>
          ))}
        </ol>
      </section>
      {!isAtEnd && (
        <Button size="small" className={styles['newest']} onClick={toEnd}>
          <ArrowDown size={16} aria-hidden="true" /> {t('list.newest')}
        </Button>
      )}
    </div>
  )
}
