/** A text as it is read aloud: its words with their places, its sentences, and the word that is being spoken. */

export interface Word {
  readonly start: number
  readonly end: number
}

/** The words of a text; signs belong to the word that they follow. */
export function wordsOf(text: string): readonly Word[] {
  return [...text.matchAll(/\S+/g)].map(({ index, 0: word }) => ({ start: index, end: index + word.length }))
}

/** The word at a place that a voice names, which may be the gap before it; -1 for none. */
export function wordAt(words: readonly Word[], at: number): number {
  return words.findIndex(({ end }) => at < end)
}

export interface Sentence {
  readonly text: string
  readonly start: number
}

/** The sentences of a text: each is spoken by itself, so that a voice draws breath and can be stopped. */
export function sentencesOf(text: string): readonly Sentence[] {
  const found = [...text.matchAll(/[^.!?\n]+(?:[.!?]+["”’)]*|\n+|$)/g)]
  return found
    .map(({ index, 0: sentence }) => ({ text: sentence.trim(), start: index + sentence.search(/\S|$/) }))
    .filter(({ text: sentence }) => sentence !== '')
}
