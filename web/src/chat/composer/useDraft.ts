import { type Dispatch, type SetStateAction, useCallback, useEffect, useMemo, useRef, useState } from 'react'
import { Drafts } from '@/core/drafts'

const PAUSE_MS = 300

/** The text of a field that survives the page: it is read once, and kept a moment after each change. */
export function useDraft(userId: string, key: string): [string, Dispatch<SetStateAction<string>>] {
  const drafts = useMemo(() => new Drafts(userId), [userId])
  const [text, setText] = useState(() => drafts.read(key).text)
  const latest = useRef({ drafts, key, text, isKept: true })
  const store = useCallback(() => {
    const { current } = latest
    if (current.isKept) return
    current.isKept = true
    current.drafts.write(current.key, { text: current.text, attachments: [] })
  }, [])
  useEffect(() => {
    const { current } = latest
    if (current.key === key && current.text === text && current.drafts === drafts) return
    // What belongs to the former place is kept there.
    if (current.key !== key || current.drafts !== drafts) store()
    latest.current = { drafts, key, text, isKept: false }
    const timer = setTimeout(store, PAUSE_MS)
    return () => clearTimeout(timer)
  }, [drafts, key, text, store])
  useEffect(() => {
    // The page may go at any moment, and the field with it.
    window.addEventListener('pagehide', store)
    return () => {
      window.removeEventListener('pagehide', store)
      store()
    }
  }, [store])
  return [text, setText]
}
