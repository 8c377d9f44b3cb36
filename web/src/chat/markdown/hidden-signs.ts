/**
 * Signs that the eye does not see: they turn text around, or make two texts look alike. In links and in
 * code they are shown by their number.
 *
 * Controls (but tab and line ends), soft hyphens, marks, embeddings, overrides and isolates of writing
 * direction, spaces without width, tags, and joiners between Latin letters, where no script needs them.
 */

const HIDDEN =
  /(?<=[!-~])[\u200c\u200d](?=[!-~])|(?![\t\n\r])[\p{Cc}\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\u{e0000}-\u{e007f}]/gu

export interface Piece {
  readonly text: string
  readonly isHidden: boolean
}

/** A text in pieces; hidden signs are named `U+202E`. */
export function piecesOf(text: string): Piece[] {
  const pieces: Piece[] = []
  let end = 0
  for (const match of text.matchAll(HIDDEN)) {
    if (match.index > end) pieces.push({ text: text.slice(end, match.index), isHidden: false })
    pieces.push({ text: nameOf(match[0]), isHidden: true })
    end = match.index + match[0].length
  }
  if (end < text.length) pieces.push({ text: text.slice(end), isHidden: false })
  return pieces
}

/** Whether there is any. */
export function hasHiddenSigns(text: string): boolean {
  return text.search(HIDDEN) >= 0
}

function nameOf(sign: string): string {
  return `U+${(sign.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`
}
