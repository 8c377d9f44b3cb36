import { memo, useDeferredValue, useMemo } from 'react'
import { Markdown } from '../markdown/Markdown'
import { documentOf } from './documents'

export interface AnswerTextProps {
  /** Key of the entry: the same while the answer grows and after it is stored. */
  readonly name: string
  readonly text: string
  readonly isGrowing: boolean
}

/** The text of an answer. Words that come fast are drawn when there is time: typing goes first. */
export const AnswerText = memo(function AnswerText({ name, text, isGrowing }: AnswerTextProps) {
  const later = useDeferredValue(text)
  const shown = isGrowing ? later : text
  const blocks = useMemo(() => {
    const document = documentOf(name)
    return isGrowing ? document.grow(shown) : document.finish(shown)
  }, [name, shown, isGrowing])
  return <Markdown blocks={blocks} prefix={name} isGrowing={isGrowing} />
})
