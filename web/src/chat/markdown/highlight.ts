/** Colours for code; a chunk of its own that comes with the first block of code. */

import { common, createLowlight } from 'lowlight'

const lowlight = createLowlight(common)

/** The tree of a text in a language; null where the language is not known. */
export function highlight(language: string, text: string) {
  const name = language.toLowerCase()
  return lowlight.registered(name) ? lowlight.highlight(name, text) : null
}
