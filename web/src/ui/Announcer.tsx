import { useStore } from 'zustand'
import { createStore } from 'zustand/vanilla'

const said = createStore<{ readonly text: string; readonly count: number }>()(() => ({ text: '', count: 0 }))

/** Has a screen reader say `text` when it is done with what it says now; the eye sees nothing. */
export function announce(text: string): void {
  said.setState(({ count }) => ({ text, count: count + 1 }))
}

/** The one place that announcements are read from; it stands in the page before the first of them. */
export function Announcer() {
  const { text, count } = useStore(said)
  // The same text twice is two announcements: it moves to the other line, as an unchanged line stays unread.
  return (
    <div className="visually-hidden" role="status">
      <p>{count % 2 === 0 ? text : ''}</p>
      <p>{count % 2 === 1 ? text : ''}</p>
    </div>
  )
}
