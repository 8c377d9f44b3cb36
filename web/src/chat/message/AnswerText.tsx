import { memo, useDeferredValue, useMemo } from 'react'
import { placeClaims } from '@/core/claims'
import type { ClaimBody } from '@/core/wire'
import { Markdown } from '../markdown/Markdown'
import { documentOf } from './documents'

export interface AnswerTextProps {
  /** Key of the entry: the same while the answer grows and after it is stored. */
  readonly name: string
  readonly text: string
  readonly isGrowing: boolean
  readonly claims: readonly ClaimBody[]
}

/** The text of an answer. Words that come fast are drawn when there is time: typing goes first. */
export const AnswerText = memo(function AnswerText({ name, text, isGrowing, claims }: AnswerTextProps) {
  const later = useDeferredValue(text)
  const shown = isGrowing ? later : text
  const blocks = useMemo(() => {
    const document = documentOf(name)
    return isGrowing ? document.grow(shown) : document.finish(shown)
  }, [name, shown, isGrowing])
  const placed = useMemo(() => placeClaims(shown, claims), [shown, claims])
  return <Markdown blocks={blocks} prefix={name} isGrowing={isGrowing} claims={placed} />
})
