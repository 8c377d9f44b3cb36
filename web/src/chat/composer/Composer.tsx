import { ArrowUp, Paperclip, Square } from 'lucide-react'
import {
  type ClipboardEvent,
  type KeyboardEvent,
  type Ref,
  type RefObject,
  useEffect,
  useImperativeHandle,
  useRef,
  useState,
} from 'react'
import { useTranslation } from 'react-i18next'
import { useStore } from 'zustand'
import { MOST_FILES, type Uploads } from '@/core/uploads'
import type { AttachmentRef, Model } from '@/core/wire'
import { IconButton } from '@/ui/Button'
import { isFocusTaken } from '@/ui/focus'
import { toast } from '@/ui/Toast'
import { useDroppedFiles } from '@/ui/useDroppedFiles'
import styles from './Composer.module.css'
import { FileList } from './FileList'
import { acceptOf, filesOf, LONG_PASTE, seesImages, textFile } from './files'
import { isSendKey } from './keys'
import { PasteOffer } from './PasteOffer'
import { useDraft } from './useDraft'
import { useGrowingField } from './useGrowingField'

export interface ComposerHandle {
  readonly focus: () => void
  /** Adds a text, and files that the server has, to what stands there, and goes there. */
  readonly fill: (text: string, attachments?: readonly AttachmentRef[]) => void
  readonly chooseFiles: () => void
}

export interface ComposerProps {
  readonly userId: string
  /** What the draft is kept under. */
  readonly draftKey: string
  readonly model: Model | undefined
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
export function Composer(props: ComposerProps) {
  const { userId, draftKey, model, isAnswering, blocked, onSend, onStop, onEditLast, handle } = props
  const { t } = useTranslation('chat')
  const { text, setText, uploads } = useDraft(userId, draftKey)
  const { all } = useStore(uploads.state)
  const field = useRef<HTMLTextAreaElement>(null)
  const picker = useRef<HTMLInputElement>(null)
  const [pasted, setPasted] = useState('')
  const [isTouch] = useState(() => window.matchMedia('(pointer: coarse)').matches)
  const addFiles = useAddFiles(uploads, model)
  const isDropping = useDroppedFiles((data) => addFiles(filesOf(data)))
  useGrowingField(field, text)
  useImperativeHandle(handle, () => ({
    focus: () => field.current?.focus(),
    fill: (added, attachments = []) => {
      setText((before) => (before.trim() === '' ? added : `${before.trimEnd()}\n\n${added}`))
      uploads.adopt(attachments)
      field.current?.focus()
    },
    chooseFiles: () => picker.current?.click(),
  }))
  useFocusAtFirst(field, !isTouch)
  const isReady = all.length > 0 ? uploads.ready.length === all.length : text.trim() !== ''
  const canSend = isReady && !isAnswering && blocked === ''
  const send = () => {
    if (!canSend) return
    onSend(text, uploads.ready)
    setText('')
    uploads.clear()
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
  const paste = (event: ClipboardEvent<HTMLTextAreaElement>) => {
    const files = filesOf(event.clipboardData)
    const said = event.clipboardData.getData('text/plain')
    // Programs that copy tables put a picture of them beside their text: the text is what is meant.
    if (files.length > 0 && said === '') {
      event.preventDefault()
      addFiles(files)
    } else if (said.length > LONG_PASTE) {
      event.preventDefault()
      setPasted(said)
    }
  }
  const endPaste = () => {
    setPasted('')
    field.current?.focus()
  }
  return (
    <form
      className={styles['composer']}
      data-dropping={isDropping || undefined}
      onSubmit={(event) => {
        event.preventDefault()
        send()
      }}
    >
      {pasted !== '' && (
        <PasteOffer
          text={pasted}
          onAttach={() => {
            addFiles([textFile(pasted, t('paste.fileName'))])
            endPaste()
          }}
          onInsert={() => {
            setText(insertedAt(field.current, pasted))
            endPaste()
          }}
        />
      )}
      <FileList uploads={uploads} />
      <textarea
        ref={field}
        className={styles['field']}
        rows={1}
        dir="auto"
        aria-label={t('composer.label')}
        aria-describedby="composer-note"
        placeholder={t(isDropping ? 'composer.drop' : 'composer.placeholder')}
        value={text}
        onChange={(event) => setText(event.target.value)}
        onKeyDown={press}
        onPaste={paste}
      />
      <div className={styles['foot']}>
        <IconButton
          label={t('action.attach')}
          onClick={() => picker.current?.click()}
          className={styles['round']}
        >
          <Paperclip size={18} aria-hidden="true" />
        </IconButton>
        <FilePicker picker={picker} accept={acceptOf(model)} onChoose={addFiles} />
        <p id="composer-note" className={styles['note']}>
          {blocked || (uploads.isSending && t('files.wait'))}
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

interface FilePickerProps {
  readonly picker: RefObject<HTMLInputElement | null>
  readonly accept: string
  readonly onChoose: (files: readonly File[]) => void
}

/** The browser's own picker; a button and a command open it. */
function FilePicker({ picker, accept, onChoose }: FilePickerProps) {
  const { t } = useTranslation('chat')
  return (
    <input
      ref={picker}
      type="file"
      multiple
      hidden
      accept={accept}
      aria-label={t('action.attach')}
      onChange={({ target }) => {
        onChoose([...(target.files ?? [])])
        // The same file may be chosen again.
        target.value = ''
      }}
    />
  )
}

function useFocusAtFirst(field: RefObject<HTMLTextAreaElement | null>, isWanted: boolean): void {
  useEffect(() => {
    // On a touch screen the focus would open the keyboard over the page that was just opened.
    if (isWanted && !isFocusTaken()) field.current?.focus({ preventScroll: true })
  }, [field, isWanted])
}

/** Adds files; says which of them this channel cannot use, and how many there was no room for. */
function useAddFiles(uploads: Uploads, model: Model | undefined): (files: readonly File[]) => void {
  const { t } = useTranslation('chat')
  return (files) => {
    const usable = files.filter(({ type }) => seesImages(model) || !type.startsWith('image/'))
    const left = uploads.add(usable)
    if (usable.length < files.length) toast(t('files.noPictures'), { kind: 'problem' })
    if (left > 0) toast(t('files.tooMany', { count: MOST_FILES }), { kind: 'problem' })
  }
}

/** The text of a field with `added` in the place of what is selected in it. */
function insertedAt(area: HTMLTextAreaElement | null, added: string): string {
  const { value = '', selectionStart = 0, selectionEnd = 0 } = area ?? {}
  return value.slice(0, selectionStart) + added + value.slice(selectionEnd)
}
