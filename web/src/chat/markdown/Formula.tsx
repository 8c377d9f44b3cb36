import { useEffect, useRef, useState } from 'react'
import { retrying } from '@/core/chunks'
import { classes } from '@/ui/classes'
import styles from './Formula.module.css'

type Typeset = typeof import('./typeset').typeset

let loading: Promise<Typeset> | undefined

export interface FormulaProps {
  readonly tex: string
  readonly isDisplay: boolean
}

/** A formula; its source as long as it cannot be set, and where it is none. */
export function Formula({ tex, isDisplay }: FormulaProps) {
  const place = useRef<HTMLSpanElement>(null)
  const [problem, setProblem] = useState<string | null>('')
  useEffect(() => {
    let isGone = false
    loading ??= retrying(() => import('./typeset')).then((module) => module.typeset)
    loading.then(
      (typeset) => {
        if (isGone || place.current === null) return
        try {
          typeset(tex, isDisplay, place.current)
          setProblem(null)
        } catch (error) {
          setProblem(error instanceof Error ? error.message : String(error))
        }
      },
      () => (loading = undefined),
    )
    return () => {
      isGone = true
    }
  }, [tex, isDisplay])
  const isSet = problem === null
  return (
    <span className={classes(styles['formula'], isDisplay && styles['display'])} dir="ltr">
      <span ref={place} hidden={!isSet} />
      {!isSet && <code title={problem || undefined}>{tex}</code>}
    </span>
  )
}
