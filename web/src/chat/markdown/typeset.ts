/** Formulas on the page; a chunk of its own, with its fonts, that comes with the first formula. */

import katex from 'katex'
import 'katex/dist/katex.min.css'

/** Writes a formula into an element, with MathML beside it for screen readers; throws where it is none. */
export function typeset(tex: string, isDisplay: boolean, into: HTMLElement): void {
  katex.render(tex, into, {
    displayMode: isDisplay,
    // Nothing in a formula may lead elsewhere, load anything, grow without end or fill the screen.
    trust: false,
    maxExpand: 300,
    maxSize: 20,
    strict: 'ignore',
    throwOnError: true,
  })
}
