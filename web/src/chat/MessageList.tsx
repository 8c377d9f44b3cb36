import { useVirtualizer, type Virtualizer } from '@tanstack/react-virtual'
import { ArrowDown } from 'lucide-react'
import {
  type KeyboardEvent,
  type RefObject,
  useCallback,
  useEffect,
  useImperativeHandle,
  useLayoutEffect,
  useRef,
  useState,
} from 'react'
import { useTranslation } from 'react-i18next'
import type { OpenConversation } from '@/core/conversation'
import { type ConversationState, entryAt, entryCount, entryKey } from '@/core/conversation-state'
import { Button } from '@/ui/Button'
import { Line } from './Line'
import styles from './MessageList.module.css'
import { useConversationState } from './useConversation'

/** Nearer to the end than this, the list follows what comes. */
const NEAR_END_PX = 40
const ESTIMATES_PX = { question: 110, answer: 240 }

export interface MessageListHandle {
  readonly toEnd: () => void
  readonly toIndex: (index: number) => void
}

export interface MessageListProps {
  readonly conversation: OpenConversation
  /** The message that is being written anew, empty for none. */
  readonly editedId: string
  readonly handle: RefObject<MessageListHandle | null>
}

/** The messages, of which only those near the view are in the page. It follows its end unless the reader went up. */
export function MessageList({ conversation, editedId, handle }: MessageListProps) {
  const { t } = useTranslation('chat')
  const state = useConversationState(conversation, (whole) => whole)
  const scroller = useRef<HTMLElement>(null)
  const [isAtEnd, setAtEnd] = useState(true)
  const count = entryCount(state)
  const virtualizer = useVirtualizer({
    count,
    getScrollElement: () => scroller.current,
    getItemKey: useCallback((index: number) => entryKey(state, index), [state]),
    estimateSize: (index) => estimateOf(state, index),
    anchorTo: 'end',
    // A branch that is switched to begins in view, where the other one began.
    followOnAppend: !state.isSwitching,
    scrollEndThreshold: NEAR_END_PX,
    overscan: 4,
    directDomUpdates: true,
    directDomUpdatesMode: 'position',
    onChange: (instance) => setAtEnd(isNearEnd(instance)),
  })
  const toEnd = useCallback(() => virtualizer.scrollToEnd(), [virtualizer])
  useLayoutEffect(toEnd, [toEnd])
  useEndInView(scroller, isAtEnd, toEnd)
  useImperativeHandle(
    handle,
    () => ({ toEnd, toIndex: (index) => virtualizer.scrollToIndex(index, { align: 'start' }) }),
    [virtualizer, toEnd],
  )
  // The browser's own way there is a slow scroll, which the sizes of lines that come into view would end.
  const goToEnds = (event: KeyboardEvent) => {
    if (event.target !== event.currentTarget || (event.key !== 'Home' && event.key !== 'End')) return
    event.preventDefault()
    if (event.key === 'End') toEnd()
    else virtualizer.scrollToIndex(0, { align: 'start' })
  }
  const { startIndex = 0, endIndex = 0 } = virtualizer.range ?? {}
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
        <ol ref={virtualizer.containerRef} className={styles['lines']}>
          {virtualizer.getVirtualItems().map(({ key, index }) => (
            <li
              key={key}
              ref={virtualizer.measureElement}
              data-index={index}
              data-last={index === count - 1 || undefined}
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

/** Whether the view is near the end, from what the list knows: asking the page would make it lay itself out. */
function isNearEnd(list: Virtualizer<HTMLElement, Element>): boolean {
  const below = list.getTotalSize() - (list.scrollOffset ?? 0) - (list.scrollRect?.height ?? 0)
  return below <= NEAR_END_PX
}

/** Keeps the end in view when the list itself changes its size: the composer grows, a keyboard opens. */
function useEndInView(scroller: RefObject<HTMLElement | null>, isAtEnd: boolean, toEnd: () => void): void {
  const wasAtEnd = useRef(isAtEnd)
  useEffect(() => {
    wasAtEnd.current = isAtEnd
  }, [isAtEnd])
  useEffect(() => {
    const element = scroller.current
    if (element === null) return
    const observer = new ResizeObserver(() => {
      if (wasAtEnd.current) toEnd()
    })
    observer.observe(element)
    return () => observer.disconnect()
  }, [scroller, toEnd])
}

function estimateOf(state: ConversationState, index: number): number {
  const role = state.path.rows.get(index)?.role ?? (index % 2 === 0 ? 'user' : 'assistant')
  return role === 'user' ? ESTIMATES_PX.question : ESTIMATES_PX.answer
}
