import { ArrowUp, Square } from 'lucide-react'
import { type KeyboardEvent, type Ref, useEffect, useImperativeHandle, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { AttachmentRef } from '@/core/wire'
import { IconButton } from '@/ui/Button'
import styles from './Composer.module.css'
import { isSendKey } from './keys'
import { useDraft } from './useDraft'
import { useGrowingField } from './useGrowingField'

export interface ComposerHandle {
  readonly focus: () => void
  /** Adds a text to what stands there, and goes there. */
  readonly fill: (text: string) => void
}

export interface ComposerProps {
  readonly userId: string
  /** What the draft is kept under. */
  readonly draftKey: string
  readonly isAnswering: boolean
  /** Why nothing can be sent now; empty where it can. */
  readonly blocked: string
  readonly onSend: (text: string, attachments: readonly AttachmentRef[]) => void
  readonly onStop: () => void
  /** ↑ in an empty field. */
  readonly onEditLast: () => void
  readonly handle: Ref<ComposerHandle>
}

/** Where messages are written. */
export function Composer({
  userId,
  draftKey,
  isAnswering,
  blocked,
  onSend,
  onStop,
  onEditLast,
  handle,
}: ComposerProps) {
  const { t } = useTranslation('chat')
  const [text, setText] = useDraft(userId, draftKey)
  const field = useRef<HTMLTextAreaElement>(null)
  const [isTouch] = useState(() => window.matchMedia('(pointer: coarse)').matches)
  useGrowingField(field, text)
  useImperativeHandle(handle, () => ({
    focus: () => field.current?.focus(),
    fill: (added) => {
      setText((before) => (before.trim() === '' ? added : `${before.trimEnd()}\n\n${added}`))
      field.current?.focus()
    },
  }))
  useEffect(() => {
    // On a touch screen the focus would open the keyboard over the page that was just opened.
    if (!isTouch) field.current?.focus({ preventScroll: true })
  }, [isTouch])
  const isEmpty = text.trim() === ''
  const canSend = !isEmpty && !isAnswering && blocked === ''
  const send = () => {
    if (!canSend) return
    onSend(text, [])
    setText('')
  }
  const press = (event: KeyboardEvent<HTMLTextAreaElement>) => {
    // Enter on the keyboard of a phone starts a new line: there is no Shift at hand.
    if (isSendKey(event.nativeEvent) && !isTouch) {
      event.preventDefault()
      send()
    } else if (event.key === 'ArrowUp' && text === '' && !event.nativeEvent.isComposing) {
      event.preventDefault()
      onEditLast()
    }
  }
  return (
    <form
      className={styles['composer']}
      onSubmit={(event) => {
        event.preventDefault()
        send()
      }}
    >
      <textarea
        ref={field}
        className={styles['field']}
        rows={1}
        dir="auto"
        aria-label={t('composer.label')}
        aria-describedby="composer-note"
        placeholder={t('composer.placeholder')}
        value={text}
        onChange={(event) => setText(event.target.value)}
        onKeyDown={press}
      />
      <div className={styles['foot']}>
        <p id="composer-note" className={styles['note']}>
          {blocked}
        </p>
        {isAnswering ? (
          <IconButton label={t('action.stop')} kind="primary" onClick={onStop} className={styles['round']}>
            <Square size={16} fill="currentColor" aria-hidden="true" />
          </IconButton>
        ) : (
          <IconButton
            label={t('action.send')}
            kind="primary"
            type="submit"
            disabled={!canSend}
            className={styles['round']}
          >
            <ArrowUp size={20} aria-hidden="true" />
          </IconButton>
        )}
      </div>
    </form>
  )
}
