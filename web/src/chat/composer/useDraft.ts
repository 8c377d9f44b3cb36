import { type Dispatch, type SetStateAction, useEffect, useState } from 'react'
import { DraftKeeper } from '@/core/drafts'
import { signedInAgain } from '@/core/expiry'
import { sendFile, Uploads } from '@/core/uploads'

export interface DraftField {
  readonly text: string
  readonly setText: Dispatch<SetStateAction<string>>
  readonly uploads: Uploads
}

/** A message that is being written, with its files; it survives the page. */
export function useDraft(userId: string, key: string): DraftField {
  const [keeper] = useState(() => new DraftKeeper(userId, key))
  const [text, setText] = useState(keeper.now.text)
  const [uploads] = useState(() => {
    const made = new Uploads({ whenSignedIn: signedInAgain, send: sendFile })
    made.adopt(keeper.now.attachments)
    return made
  })
  useEffect(() => keeper.move(key), [keeper, key])
  useEffect(() => {
    if (text !== keeper.now.text) keeper.change({ text })
  }, [keeper, text])
  useEffect(
    () => uploads.state.subscribe(() => keeper.change({ attachments: uploads.ready })),
    [keeper, uploads],
  )
  useEffect(() => {
    // The page may go at any moment, and the field with it.
    const keep = () => keeper.keep()
    window.addEventListener('pagehide', keep)
    return () => {
      window.removeEventListener('pagehide', keep)
      keep()
    }
  }, [keeper])
  return { text, setText, uploads }
}
