import { useCallback, useEffect, useRef, useState, useSyncExternalStore } from 'react'
import type { ChildView, JuniorReply } from '@/core/wire'
import { isReadAloud, type Look } from './remembered'
import { currentVoice, onVoices, readAloud } from './speech'

export interface ReplyReader {
  /** Whether this device has a voice of its own. */
  readonly canRead: boolean
  readonly isOn: boolean
  /** The place in the text that is spoken; null while nothing is. */
  readonly place: number | null
  /** Reads the present reply again. */
  readonly again: () => void
  readonly stop: () => void
}

/** Reads each new reply aloud, unless it is muted, and says where the voice is. */
export function useReader(reply: JuniorReply | null, band: ChildView['band'], look: Look): ReplyReader {
  const voice = useSyncExternalStore(onVoices, currentVoice)
  const [place, setPlace] = useState<number | null>(null)
  const stopping = useRef<() => void>(() => {})
  const isOn = isReadAloud(look, band)
  const text = reply?.text ?? ''
  const id = reply?.turn_id ?? ''
  const again = useCallback(() => {
    stopping.current()
    if (voice !== null && text !== '') stopping.current = readAloud(text, voice, { onPlace: setPlace })
  }, [voice, text])
  // biome-ignore lint/correctness/useExhaustiveDependencies: the same words may be said twice; each reply is read
  useEffect(() => {
    if (isOn) again()
    return () => stopping.current()
  }, [id, isOn, again])
  const stop = useCallback(() => stopping.current(), [])
  return { canRead: voice !== null, isOn, place, again, stop }
}
