import { Mic, SendHorizontal } from 'lucide-react'
import { type FormEvent, type KeyboardEvent, useEffect, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { findRecognition, listen, type RecognitionKind } from './listening'

/** The server reads a page that was pasted in part; more than this is no message. */
const LONGEST = 100_000

/** A line to write in, and, where the device itself understands speech, a button to talk. */
export function SayLine({
  isBusy,
  isLong = false,
  label,
  onSay,
  onTalk,
}: {
  isBusy: boolean
  isLong?: boolean
  label: string
  onSay: (text: string) => void
  /** Called when talking begins: what is being read aloud stops. */
  onTalk: () => void
}) {
  const { t } = useTranslation('junior')
  const [text, setText] = useState('')
  const field = useRef<HTMLTextAreaElement>(null)
  const send = (said: string) => {
    const trimmed = said.trim()
    if (trimmed === '' || isBusy) return
    onSay(trimmed)
    setText('')
    field.current?.focus()
  }
  const submit = (event: FormEvent) => {
    event.preventDefault()
    send(text)
  }
  const onKey = (event: KeyboardEvent) => {
    if (event.key !== 'Enter' || event.shiftKey || event.nativeEvent.isComposing) return
    event.preventDefault()
    send(text)
  }
  return (
    <form className="sayLine" onSubmit={submit}>
      <TalkButton onHeard={send} onTalk={onTalk} />
      <textarea
        ref={field}
        className="sayField"
        rows={1}
        data-long={isLong || undefined}
        aria-label={label}
        placeholder={label}
        value={text}
        maxLength={LONGEST}
        autoComplete="off"
        autoCorrect="off"
        spellCheck={false}
        enterKeyHint="send"
        onChange={({ target }) => setText(target.value)}
        onKeyDown={onKey}
      />
      <button
        type="submit"
        className="round"
        aria-label={t('say.send')}
        aria-disabled={isBusy || text.trim() === ''}
      >
        <SendHorizontal size={30} aria-hidden="true" />
      </button>
    </form>
  )
}

/** Press to talk, press again to stop; not there where a voice would leave the device. */
function TalkButton({ onHeard, onTalk }: { onHeard: (text: string) => void; onTalk: () => void }) {
  const { t } = useTranslation('junior')
  const [kind, setKind] = useState<RecognitionKind | null>(null)
  const [listening, setListening] = useState<{ stop: () => void; abort: () => void } | null>(null)
  useEffect(() => {
    let isGone = false
    void findRecognition().then((found) => !isGone && setKind(() => found))
    return () => {
      isGone = true
    }
  }, [])
  useEffect(() => () => listening?.abort(), [listening])
  if (kind === null) return null
  const press = () => {
    if (listening !== null) return listening.stop()
    onTalk()
    setListening(listen(kind, { onHeard, onEnd: () => setListening(null) }))
  }
  const name = t(listening === null ? 'say.talk' : 'say.stop')
  return (
    <button
      type="button"
      className="round talkButton"
      aria-pressed={listening !== null}
      aria-label={name}
      onClick={press}
    >
      <Mic size={34} aria-hidden="true" />
    </button>
  )
}
