import { useCallback, useEffect, useEffectEvent, useRef, useState } from 'react'
import { ApiError } from '@/core/api'
import { BEAT_MS, readChild, sendBeat, takeTurn } from '@/core/child'
import type { ChildTurnBody, ChildTurnRequest, ChildView, JuniorReply } from '@/core/wire'
import { forgetLast, keepLast, readLast } from './remembered'

/** Asking again while Junior sleeps or the server cannot be reached. */
const AGAIN_MS = 20_000

/** One line of a talk; the child's own words stay on this page and go with it. */
export type Line =
  | { readonly by: 'child'; readonly id: string; readonly text: string }
  | { readonly by: 'junior'; readonly id: string; readonly reply: JuniorReply }

export type Trouble = 'unreachable' | 'busy' | 'failed'

export type Screen =
  | { readonly name: 'loading' }
  /** The server does not answer; `opensMs`: when Junior opens, as far as it said. */
  | { readonly name: 'unreachable'; readonly opensMs: number | null }
  /** No child's session is open in this browser. */
  | { readonly name: 'ended' }
  /** A grown-up has just left it. */
  | { readonly name: 'left' }
  | { readonly name: 'closed'; readonly child: ChildView }
  | { readonly name: 'start'; readonly child: ChildView }
  | { readonly name: 'talk'; readonly child: ChildView }

export interface ChildPage {
  readonly screen: Screen
  /** What Junior said last; null before the first reply. */
  readonly reply: JuniorReply | null
  readonly lines: readonly Line[]
  readonly isBusy: boolean
  readonly trouble: Trouble | null
  readonly start: () => void
  readonly say: (text: string) => void
  readonly tap: (id: string, label: string) => void
  /** Does again what failed, or reads how things stand. */
  readonly retry: () => void
  readonly left: () => void
}

/** A child's session as its page sees it: how it stands, what was said, and the signs of life. */
export function useChild(): ChildPage {
  const [child, setChild] = useState<ChildView | null>(null)
  const [outside, setOutside] = useState<'loading' | 'unreachable' | 'ended' | 'left' | null>('loading')
  const [isStarted, setStarted] = useState(false)
  const [lines, setLines] = useState<readonly Line[]>([])
  const [isBusy, setBusy] = useState(false)
  const [trouble, setTrouble] = useState<Trouble | null>(null)
  const failed = useRef<{ said: ChildTurnRequest; shown: string | null } | null>(null)
  const count = useRef(0)

  const lastLine = lines.findLast((line) => line.by === 'junior')
  const reply = lastLine?.reply ?? null

  const see = useCallback((view: Omit<ChildView, 'reply'> & { reply?: JuniorReply | null }) => {
    keepLast(view)
    setOutside(null)
    setChild((before) => ({
      ...view,
      reply: view.reply === undefined ? (before?.reply ?? null) : view.reply,
    }))
  }, [])

  const add = useCallback((line: { by: 'child'; text: string } | { by: 'junior'; reply: JuniorReply }) => {
    count.current += 1
    const id = `line-${count.current}`
    setLines((before) => [...before, { ...line, id }])
  }, [])

  const lose = useCallback((error: unknown) => {
    const status = error instanceof ApiError ? error.status : -1
    if (status === 401) {
      forgetLast()
      setOutside('ended')
    } else if (status === 0) setTrouble('unreachable')
    else setTrouble(status === 429 ? 'busy' : 'failed')
    return status
  }, [])

  const read = useCallback(async () => {
    try {
      const view = await readChild()
      see(view)
      setTrouble(null)
      return view
    } catch (error) {
      const status = lose(error)
      if (status !== 401) setOutside((now) => (now === null ? null : 'unreachable'))
      return null
    }
  }, [see, lose])

  const ask = useCallback(
    async (said: ChildTurnRequest, shown: string | null) => {
      setBusy(true)
      setTrouble(null)
      failed.current = null
      if (shown !== null) add({ by: 'child', text: shown })
      try {
        const { session, ...told }: ChildTurnBody = await takeTurn(said)
        see({ ...session, reply: told })
        add({ by: 'junior', reply: told })
      } catch (error) {
        const status = lose(error)
        if (status === 403 || status === 409) {
          // Not now, or another window was quicker: the session says how things stand.
          const view = await read()
          if (status === 409 && view?.reply != null) add({ by: 'junior', reply: view.reply })
        } else if (status !== 401) failed.current = { said, shown: null }
      } finally {
        setBusy(false)
      }
    },
    [add, see, lose, read],
  )

  const start = useCallback(() => {
    setStarted(true)
    setLines([])
    // Where something is going on, the server answers with the reply that is shown already.
    void ask({}, null)
  }, [ask])

  const after = reply === null ? {} : { after: reply.turn }
  const say = (text: string) => void ask({ text, ...after }, text)
  const tap = (id: string, label: string) => void ask({ tap: id, ...after }, label)
  const retry = () => {
    const again = failed.current
    if (again !== null) void ask(again.said, again.shown)
    else void read()
  }
  const left = () => {
    forgetLast()
    setOutside('left')
  }

  useEffect(() => {
    void read()
  }, [read])

  // Signs of life, while somebody can see the page and Junior is open.
  const isOpen = outside === null && child?.standing.name === 'open'
  const beat = useEffectEvent(async () => {
    if (document.hidden) return
    try {
      see(await sendBeat())
      if (trouble === 'unreachable' && failed.current === null) setTrouble(null)
    } catch (error) {
      lose(error)
    }
  })
  useEffect(() => {
    if (!isStarted || !isOpen) return
    const timer = setInterval(() => void beat(), BEAT_MS)
    return () => clearInterval(timer)
  }, [isStarted, isOpen])

  // While Junior cannot be used, and when the page is looked at again, the session is read; that uses no time up.
  const isWaiting = outside === 'unreachable' || (outside === null && child !== null && !isOpen)
  useEffect(() => {
    if (!isWaiting) return
    const timer = setInterval(() => void read(), AGAIN_MS)
    return () => clearInterval(timer)
  }, [isWaiting, read])
  const look = useEffectEvent(() => {
    if (!document.hidden && outside !== 'left') void read()
  })
  useEffect(() => {
    const onLook = () => look()
    document.addEventListener('visibilitychange', onLook)
    window.addEventListener('online', onLook)
    return () => {
      document.removeEventListener('visibilitychange', onLook)
      window.removeEventListener('online', onLook)
    }
  }, [])

  return {
    screen: screenOf(outside, child, isStarted),
    reply,
    lines,
    isBusy,
    trouble,
    start,
    say,
    tap,
    retry,
    left,
  }
}

function screenOf(
  outside: 'loading' | 'unreachable' | 'ended' | 'left' | null,
  child: ChildView | null,
  isStarted: boolean,
): Screen {
  if (outside === 'unreachable') return { name: 'unreachable', opensMs: readLast()?.opensMs ?? null }
  if (outside !== null) return { name: outside }
  if (child === null) return { name: 'loading' }
  if (child.standing.name !== 'open') return { name: 'closed', child }
  return { name: isStarted ? 'talk' : 'start', child }
}
