import { Fragment } from 'react'
import { wordAt, wordsOf } from './words'

/** What Junior says, with the word that is being spoken marked. */
export function Words({
  text,
  place,
  className,
}: {
  text: string
  place: number | null
  className?: string
}) {
  const words = wordsOf(text)
  const now = place === null ? -1 : wordAt(words, place)
  return (
    <p className={className} lang="en">
      {words.map(({ start, end }, index) => (
        <Fragment key={start}>
          {index > 0 && text.slice(words[index - 1]?.end, start)}
          <span data-now={index === now || undefined}>{text.slice(start, end)}</span>
        </Fragment>
      ))}
    </p>
  )
}
