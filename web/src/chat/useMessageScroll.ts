import { type ReactVirtualizer, useVirtualizer, type Virtualizer } from '@tanstack/react-virtual'
import { type RefObject, useCallback, useEffect, useLayoutEffect, useRef, useState } from 'react'
import { type ConversationState, entryCount, entryKey } from '@/core/conversation-state'
import { isContinued, type Path } from '@/core/path'

/** Nearer to the end than this, the list follows what comes. */
const NEAR_END_PX = 40
const ESTIMATES_PX = { question: 110, answer: 240 }
/** The way to the end is taken again where lines that came into view turned out larger on the way. */
const PURSUIT = { frames: 60, every: 6 }

export interface MessageScroll {
  readonly list: ReactVirtualizer<HTMLElement, Element>
  readonly isAtEnd: boolean
  readonly toEnd: () => void
  readonly toIndex: (index: number) => void
}

/** Which messages are in the page, and where the view stands: at the end until the reader goes up. */
export function useMessageScroll(
  state: ConversationState,
  scroller: RefObject<HTMLElement | null>,
): MessageScroll {
  const [isAtEnd, setAtEnd] = useState(true)
  const [follows, follow] = useFollowing(state.path)
  const list = useVirtualizer<HTMLElement, Element>({
    count: entryCount(state),
    getScrollElement: () => scroller.current,
    getItemKey: useCallback((index: number) => entryKey(state, index), [state]),
    estimateSize: (index) => estimateOf(state, index),
    anchorTo: follows ? 'end' : 'start',
    followOnAppend: follows,
    scrollEndThreshold: NEAR_END_PX,
    overscan: 4,
    directDomUpdates: true,
    directDomUpdatesMode: 'position',
    onChange: (instance) => {
      const isNear = isNearEnd(instance)
      setAtEnd(isNear)
      if (isNear && instance.isScrolling) follow()
    },
  })
  const [pursueEnd, stay] = usePursuit(list, scroller)
  const toEnd = useCallback(() => {
    follow()
    pursueEnd()
  }, [follow, pursueEnd])
  const toIndex = useCallback(
    (index: number) => {
      stay()
      list.scrollToIndex(index, { align: 'start' })
    },
    [list, stay],
  )
  useLayoutEffect(toEnd, [toEnd])
  useEndInView(scroller, isAtEnd, toEnd)
  return { list, isAtEnd, toEnd, toIndex }
}

function estimateOf(state: ConversationState, index: number): number {
  const role = state.path.rows.get(index)?.role ?? (index % 2 === 0 ? 'user' : 'assistant')
  return role === 'user' ? ESTIMATES_PX.question : ESTIMATES_PX.answer
}

/** Whether the view is near the end, from what the list knows: asking the page would make it lay itself out. */
function isNearEnd(list: Virtualizer<HTMLElement, Element>): boolean {
  const below = list.getTotalSize() - (list.scrollOffset ?? 0) - (list.scrollRect?.height ?? 0)
  return below <= NEAR_END_PX
}

/**
 * Whether the list follows its end. It does not after another branch was switched to, which begins in
 * view where the one before began, until the reader goes to the end.
 */
function useFollowing(path: Path): [boolean, () => void] {
  const [held, hold] = useState({ path, follows: true })
  let { follows } = held
  if (held.path !== path) {
    follows &&= isContinued(held.path, path)
    hold({ path, follows })
  }
  const follow = useCallback(
    () => hold((before) => (before.follows ? before : { ...before, follows: true })),
    [],
  )
  return [follows, follow]
}

/** The way to the end, which goes on until it is there or the reader goes elsewhere; and the way to leave it. */
function usePursuit(
  list: ReactVirtualizer<HTMLElement, Element>,
  scroller: RefObject<HTMLElement | null>,
): [() => void, () => void] {
  const frame = useRef(0)
  const stop = useCallback(() => cancelAnimationFrame(frame.current), [])
  useEffect(() => {
    const element = scroller.current
    const names = ['wheel', 'touchstart', 'pointerdown', 'keydown'] as const
    for (const name of names) element?.addEventListener(name, stop, { passive: true, capture: true })
    return () => {
      for (const name of names) element?.removeEventListener(name, stop, { capture: true })
      stop()
    }
  }, [scroller, stop])
  const pursue = useCallback(() => {
    stop()
    list.scrollToEnd()
    let count = 0
    const look = () => {
      if (++count % PURSUIT.every === 0 && !isNearEnd(list)) list.scrollToEnd()
      if (count < PURSUIT.frames) frame.current = requestAnimationFrame(look)
    }
    frame.current = requestAnimationFrame(look)
  }, [list, stop])
  return [pursue, stop]
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
