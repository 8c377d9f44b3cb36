/**
 * Reading aloud with a voice of this device.
 *
 * * Only voices that speak here count (`localService`): others send the text to their maker.
 * * Each sentence is spoken by itself, and the place of the word that is spoken is told.
 */

import { sentencesOf } from './words'

type Voice = Pick<SpeechSynthesisVoice, 'lang' | 'localService' | 'default' | 'name'>

/** Junior's texts are in English. */
const LANGUAGE = 'en'
const RATE = 0.9

/** The voice for Junior's texts, null where this device has none of its own. */
export function chooseVoice<V extends Voice>(voices: readonly V[]): V | null {
  const own = voices.filter(
    ({ lang, localService }) => localService && lang.toLowerCase().startsWith(LANGUAGE),
  )
  return own.find((voice) => voice.default) ?? own.find(({ lang }) => /GB|US/.test(lang)) ?? own[0] ?? null
}

/** The voice that is there now; browsers may learn of theirs after the page was opened. */
export function currentVoice(): SpeechSynthesisVoice | null {
  return typeof speechSynthesis === 'undefined' ? null : chooseVoice(speechSynthesis.getVoices())
}

export function onVoices(listener: () => void): () => void {
  if (typeof speechSynthesis === 'undefined') return () => {}
  speechSynthesis.addEventListener('voiceschanged', listener)
  return () => speechSynthesis.removeEventListener('voiceschanged', listener)
}

export interface Reader {
  /** The place in the text of the word that is spoken; null when all was read. */
  readonly onPlace: (at: number | null) => void
}

/** Reads a text aloud from its beginning; what was being read stops. Returns the way to stop it. */
export function readAloud(text: string, voice: SpeechSynthesisVoice, { onPlace }: Reader): () => void {
  let isStopped = false
  speechSynthesis.cancel()
  const sentences = sentencesOf(text)
  sentences.forEach((sentence, index) => {
    const utterance = new SpeechSynthesisUtterance(sentence.text)
    utterance.voice = voice
    utterance.lang = voice.lang
    utterance.rate = RATE
    utterance.onstart = () => !isStopped && onPlace(sentence.start)
    utterance.onboundary = ({ charIndex, name }) =>
      !isStopped && name !== 'sentence' && onPlace(sentence.start + charIndex)
    const isLast = index === sentences.length - 1
    utterance.onend = () => !isStopped && isLast && onPlace(null)
    utterance.onerror = () => !isStopped && onPlace(null)
    speechSynthesis.speak(utterance)
  })
  return () => {
    isStopped = true
    speechSynthesis.cancel()
    onPlace(null)
  }
}
