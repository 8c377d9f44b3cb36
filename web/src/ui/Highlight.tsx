import { highlighted } from '@/core/highlight'

/** A text with the words of a search marked. */
export function Highlight({ text, search }: { text: string; search: string }) {
  const pieces = highlighted(text, search)
  let at = 0
  return pieces.map((piece) => {
    const key = at
    at += piece.text.length
    return piece.isMatch ? <mark key={key}>{piece.text}</mark> : <span key={key}>{piece.text}</span>
  })
}
