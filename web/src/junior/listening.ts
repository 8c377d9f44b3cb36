/**
 * Push to talk, where the browser understands speech on the device itself.
 *
 * A browser may send what it hears to its maker. A child's voice must not leave the device, so talking is offered
 * only where recognition can be held to it (`processLocally`) and the language is there; elsewhere it is not shown.
 */

/** What we use of the browser's recognition; not every library of types knows it. */
export interface Recognition {
  lang: string
  processLocally: boolean
  interimResults: boolean
  onresult:
    | ((event: { readonly results: ArrayLike<ArrayLike<{ readonly transcript: string }>> }) => void)
    | null
  onend: (() => void) | null
  onerror: (() => void) | null
  start: () => void
  stop: () => void
  abort: () => void
}

export interface RecognitionKind {
  new (): Recognition
  available?: (wanted: { langs: readonly string[]; processLocally: boolean }) => Promise<string>
}

const LANGUAGE = 'en-US'

/** The recognition of this browser, where it works on the device; null otherwise. */
export async function findRecognition(
  kind: RecognitionKind | undefined = (globalThis as { SpeechRecognition?: RecognitionKind })
    .SpeechRecognition,
): Promise<RecognitionKind | null> {
  if (kind?.available === undefined) return null
  try {
    const state = await kind.available({ langs: [LANGUAGE], processLocally: true })
    return state === 'available' ? kind : null
  } catch {
    return null
  }
}

/** Listens until `stop` is called or the child is silent; `onHeard` gets what was understood, if anything was. */
export function listen(
  kind: RecognitionKind,
  { onHeard, onEnd }: { onHeard: (text: string) => void; onEnd: () => void },
): { stop: () => void; abort: () => void } {
  const recognition = new kind()
  recognition.lang = LANGUAGE
  recognition.processLocally = true
  recognition.interimResults = false
  recognition.onresult = ({ results }) => {
    const text = Array.from(results, (result) => result[0]?.transcript ?? '')
      .join(' ')
      .trim()
    if (text !== '') onHeard(text)
  }
  recognition.onend = onEnd
  recognition.onerror = onEnd
  recognition.start()
  return { stop: () => recognition.stop(), abort: () => recognition.abort() }
}
