import { defaultRangeExtractor, useVirtualizer } from '@tanstack/react-virtual'
import { type KeyboardEvent, useEffect, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useLocation } from 'wouter'
import { monthText } from '@/core/days'
import type { Conversation } from '@/core/wire'
import { Button } from '@/ui/Button'
import { useExplain } from '@/ui/errors'
import { Loading } from '@/ui/States'
import styles from './ConversationList.module.css'
import { ConversationRow } from './ConversationRow'
import { type Line, linesOf } from './lines'
import { listState } from './list-state'
import { useConversations } from './useConversations'

/** Lines that are kept ready above and below what is seen. */
const OVERSCAN = 8
const LINE_HEIGHT_PX = 40

/**
 * The conversations, or the archive, by time. One stop of the Tab key: arrows go from one to the next,
 * and Tab goes on to the actions of the one that one stands on.
 */
export function ConversationList({ isArchive }: { isArchive: boolean }) {
  const { t } = useTranslation('shell')
  const explain = useExplain()
  const { list, query } = useConversations(isArchive)
  if (query.isPending) return <Loading />
  if (query.isError && list.length === 0) {
    const { message, hint } = explain(query.error)
    return (
      <div className={styles['note']} role="alert">
        <p>{message}</p>
        <p>{hint}</p>
        <Button size="small" onClick={() => void query.refetch()}>
          {t('common:retry')}
        </Button>
      </div>
    )
  }
  if (list.length === 0 && !query.hasNextPage) {
    return <p className={styles['note']}>{t(isArchive ? 'list.emptyArchive' : 'list.empty')}</p>
  }
  return (
    <Lines
      list={list}
      hasMore={query.hasNextPage}
      readMore={() => {
        if (!query.isFetchingNextPage) void query.fetchNextPage()
      }}
    />
  )
}

interface LinesProps {
  readonly list: readonly Conversation[]
  readonly hasMore: boolean
  readonly readMore: () => void
}

function Lines({ list, hasMore, readMore }: LinesProps) {
  const { t } = useTranslation('shell')
  const [path] = useLocation()
  const now = useNow()
  const lines = linesOf(list, now)
  const scroller = useRef<HTMLDivElement>(null)
  const here = list.find(({ id }) => path === `/c/${encodeURIComponent(id)}`)?.id
  const [stop, setStop] = useState<string | null>(null)
  const focusAt = useRef<string | null>(null)
  const first = list[0]?.id
  const tabStop = list.some(({ id }) => id === stop) ? stop : (here ?? first)
  const stopIndex = lines.findIndex(({ key }) => key === tabStop)

  const virtual = useVirtualizer({
    count: lines.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => LINE_HEIGHT_PX,
    getItemKey: (index) => lines[index]?.key ?? index,
    overscan: OVERSCAN,
    // What the Tab key leads to is there even when it is scrolled away.
    rangeExtractor: (range) => {
      const shown = defaultRangeExtractor(range)
      return stopIndex < 0 || shown.includes(stopIndex) ? shown : [...shown, stopIndex].sort((a, b) => a - b)
    },
  })
  const items = virtual.getVirtualItems()
  const lastShown = items.at(-1)?.index ?? 0

  useEffect(() => {
    if (hasMore && lastShown >= lines.length - OVERSCAN) readMore()
  }, [hasMore, lastShown, lines.length, readMore])

  const goTo = (key: string) => {
    const index = lines.findIndex((line) => line.key === key)
    setStop(key)
    focusAt.current = key
    virtual.scrollToIndex(index)
  }
  const press = (event: KeyboardEvent) => {
    if (!(event.target instanceof HTMLAnchorElement)) return
    const next = neighbour(list, tabStop ?? '', event.key)
    if (next !== null) {
      event.preventDefault()
      goTo(next)
      return
    }
    const conversation = list.find(({ id }) => id === tabStop)
    if (conversation === undefined) return
    if (event.key === 'F2') listState.setState({ renaming: conversation.id })
    else if (event.key === 'Delete') listState.setState({ deleting: [conversation] })
    else return
    event.preventDefault()
  }

  return (
    <div ref={scroller} className={styles['scroller']}>
      <ul className={styles['list']} style={{ height: virtual.getTotalSize() }} onKeyDown={press}>
        {items.map((item) => {
          const line = lines[item.index]
          if (line === undefined) return null
          return (
            <li
              key={item.key}
              ref={virtual.measureElement}
              data-index={item.index}
              className={styles['line']}
              style={{ transform: `translateY(${item.start}px)` }}
            >
              {line.type === 'heading' ? (
                <h2 className={styles['heading']}>{periodText(line, t, now)}</h2>
              ) : (
                <ConversationRow
                  conversation={line.conversation}
                  isHere={line.key === here}
                  isTabStop={line.key === tabStop}
                  takesFocus={focusAt}
                  onFocus={() => setStop(line.key)}
                />
              )}
            </li>
          )
        })}
      </ul>
      {hasMore && <Loading label={t('list.more')} />}
    </div>
  )
}

/** The conversation that a key leads to, null where the key leads nowhere. */
export function neighbour(
  list: readonly { readonly id: string }[],
  from: string,
  key: string,
): string | null {
  const at = list.findIndex(({ id }) => id === from)
  const targets: Readonly<Record<string, number>> = {
    ArrowDown: at + 1,
    ArrowUp: at - 1,
    Home: 0,
    End: list.length - 1,
  }
  const to = targets[key]
  return to === undefined ? null : (list[Math.min(Math.max(to, 0), list.length - 1)]?.id ?? null)
}

function periodText(
  { period }: Extract<Line, { type: 'heading' }>,
  t: ReturnType<typeof useTranslation<'shell'>>['t'],
  now: number,
): string {
  switch (period) {
    case 'pinned':
      return t('period.pinned')
    case 'today':
      return t('period.today')
    case 'yesterday':
      return t('period.yesterday')
    case 'week':
      return t('period.week')
    case 'month':
      return t('period.month')
    default:
      return monthText(period, document.documentElement.lang, now)
  }
}

/** The time, again after each midnight. */
function useNow(): number {
  const [now, setNow] = useState(() => Date.now())
  useEffect(() => {
    const midnight = new Date(now).setHours(24, 0, 0, 0)
    const timer = setTimeout(() => setNow(Date.now()), midnight - now + 1000)
    return () => clearTimeout(timer)
  }, [now])
  return now
}
