import { useCallback, useEffect, useRef, useState } from 'react'
import { ApiError } from '@/core/api'
import { askReplies } from './preview-calls'
import { asked, ended, type ReplyPair, type ReplyProblem, type Side, take } from './replies'

export interface Replies {
  /** Newest question first. */
  readonly pairs: readonly ReplyPair[]
  readonly isAsking: boolean
  /** Asks one question after the other; resolves with whether all of them were answered to the end. */
  readonly ask: (questions: readonly string[]) => Promise<boolean>
  readonly stop: () => void
}

/** Asks both releases of a change; leaving the page ends what is being asked. */
export function useReplies(change: string, sides: readonly Side[]): Replies {
  const [pairs, setPairs] = useState<readonly ReplyPair[]>([])
  const [isAsking, setAsking] = useState(false)
  const count = useRef(0)
  const running = useRef<AbortController | null>(null)
  const stop = useCallback(() => running.current?.abort(), [])
  useEffect(() => stop, [stop])

  const askOne = async (question: string, signal: AbortSignal) => {
    const id = ++count.current
    setPairs((all) => [asked(id, question, sides), ...all])
    const update = (change: (pair: ReplyPair) => ReplyPair) =>
      setPairs((all) => all.map((pair) => (pair.id === id ? change(pair) : pair)))
    try {
      await askReplies(change, question, (event) => update((pair) => take(pair, event)), signal)
      return true
    } catch (error) {
      update((pair) => ended(pair, signal.aborted ? null : problemOf(error)))
      return false
    }
  }

  const ask = async (questions: readonly string[]) => {
    const controller = new AbortController()
    running.current = controller
    setAsking(true)
    try {
      for (const question of questions) if (!(await askOne(question, controller.signal))) return false
      return true
    } finally {
      setAsking(false)
    }
  }

  return { pairs, isAsking, ask, stop }
}

function problemOf(error: unknown): ReplyProblem {
  if (error instanceof ApiError) return { code: error.code, message: error.message, hint: error.hint }
  return { code: 'web/defect', message: String(error), hint: '' }
}
