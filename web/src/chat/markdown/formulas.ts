/**
 * Formulas as models write them, as extensions of the Markdown parser.
 *
 * * In a line: `$x$` and `\(x\)`; set apart: `$$x$$` and `\[x\]`, in a paragraph or on lines of their own.
 * * A single dollar opens a formula only before a sign that is no space, and closes one only after such
 *   a sign and before none of a number: "from $5 to $10" are prices. Source: Pandoc's `tex_math_dollars`.
 */

import type { CompileContext, Extension as TreeExtension } from 'mdast-util-from-markdown'
import type { InlineMath } from 'mdast-util-math'
import { mathFromMarkdown } from 'mdast-util-math'
import { math } from 'micromark-extension-math'
import { markdownLineEnding } from 'micromark-util-character'
import type { Code, Construct, Effects, Extension, State, Token, TokenizeContext } from 'micromark-util-types'

declare module 'micromark-util-types' {
  interface TokenTypeMap {
    formula: 'formula'
    formulaMark: 'formulaMark'
    formulaData: 'formulaData'
  }
}

declare module 'mdast-util-math' {
  interface InlineMathData {
    isDisplay?: boolean
  }
}

const DOLLAR = 36
const BACKSLASH = 92
/** Opening bracket behind a backslash, and the one that closes it. */
const BRACKETS = new Map<Code, number>([
  [40, 41],
  [91, 93],
])

/** Syntax of formulas. */
export function formulaSyntax(): Extension {
  const { flow } = math()
  return {
    ...(flow === undefined ? {} : { flow }),
    text: { [DOLLAR]: inDollars, [BACKSLASH]: inBrackets },
  }
}

/** Formulas in the tree: `math` and `inlineMath`; the latter with `data.isDisplay` where it is set apart. */
export function formulaTree(): TreeExtension[] {
  return [
    mathFromMarkdown(),
    { enter: { formula: enterFormula }, exit: { formula: exitFormula, formulaData } },
  ]
}

function enterFormula(this: CompileContext, token: Token): undefined {
  this.enter({ type: 'inlineMath', value: '', data: {} } as InlineMath, token)
  this.buffer()
}

function formulaData(this: CompileContext, token: Token): undefined {
  this.config.enter['data']?.call(this, token)
  this.config.exit['data']?.call(this, token)
}

function exitFormula(this: CompileContext, token: Token): undefined {
  const value = this.resume()
  const node = this.stack.at(-1) as InlineMath
  const mark = this.sliceSerialize(token).slice(0, 2)
  node.value = value.trim()
  node.data = { isDisplay: mark === '$$' || mark === '\\[' }
  this.exit(token)
}

const inDollars: Construct = {
  name: 'formulaInDollars',
  previous: (code) => code !== DOLLAR,
  tokenize(this: TokenizeContext, effects, ok, nok) {
    let size = 0
    const open: State = (code) => {
      if (code === DOLLAR && size < 2) {
        size++
        effects.consume(code)
        return open
      }
      if (code === DOLLAR || code === null || (size === 1 && isSpace(code))) return nok(code)
      if (isHopeless(this, '$'.repeat(size))) return nok(code)
      effects.exit('formulaMark')
      return readFormula(this, effects, nok, {
        attempt: close,
        isStart: (next) => next === DOLLAR,
        ok,
        mark: '$'.repeat(size),
      })(code)
    }
    const close = (effects: Effects, ok: State, nok: State): State => {
      let closed = 0
      const isAfterSpace = isSpace(this.previous)
      const more: State = (code) => {
        if (code === DOLLAR && closed < size) {
          closed++
          effects.consume(code)
          return more
        }
        if (closed < size || code === DOLLAR) return nok(code)
        if (size === 1 && (isAfterSpace || isDigit(code))) return nok(code)
        effects.exit('formulaMark')
        return ok(code)
      }
      return (code) => {
        effects.enter('formulaMark')
        return more(code)
      }
    }
    return (code) => {
      effects.enter('formula')
      effects.enter('formulaMark')
      return open(code)
    }
  },
}

const inBrackets: Construct = {
  name: 'formulaInBrackets',
  tokenize(this: TokenizeContext, effects, ok, nok) {
    let wanted: number | undefined
    const open: State = (code) => {
      wanted = BRACKETS.get(code)
      if (wanted === undefined || isHopeless(this, `\\${wanted}`)) return nok(code)
      effects.consume(code)
      effects.exit('formulaMark')
      return readFormula(this, effects, nok, {
        attempt: close,
        isStart: (next) => next === BACKSLASH,
        ok,
        mark: `\\${wanted}`,
      })
    }
    const close = (effects: Effects, ok: State, nok: State): State => {
      const bracket: State = (code) => {
        if (code !== wanted) return nok(code)
        effects.consume(code)
        effects.exit('formulaMark')
        return ok
      }
      return (code) => {
        effects.enter('formulaMark')
        effects.consume(code)
        return bracket
      }
    }
    return (code) => {
      effects.enter('formula')
      effects.enter('formulaMark')
      effects.consume(code)
      return open
    }
  },
}

interface Closing {
  readonly attempt: (effects: Effects, ok: State, nok: State) => State
  readonly isStart: (code: Code) => boolean
  readonly ok: State
  /** Names the way of closing. */
  readonly mark: string
}

/**
 * Ways of closing a formula that the rest of a paragraph does not have. A formula that opens later finds
 * none either, and need not look: else a text of nothing but opening marks took the square of its length.
 */
const hopeless = new WeakMap<TokenizeContext, Set<string>>()

function isHopeless(context: TokenizeContext, mark: string): boolean {
  return hopeless.get(context)?.has(mark) ?? false
}

function giveUp(context: TokenizeContext, mark: string): void {
  hopeless.set(context, (hopeless.get(context) ?? new Set()).add(mark))
}

/** Reads what stands between the marks; gives up at the end of the paragraph, and where nothing stands. */
function readFormula(
  context: TokenizeContext,
  effects: Effects,
  nok: State,
  { attempt, isStart, ok, mark }: Closing,
): State {
  let isEmpty = true
  const end: State = (code) => {
    effects.exit('formula')
    return ok(code)
  }
  const between: State = (code) => {
    if (code === null) {
      giveUp(context, mark)
      return nok(code)
    }
    if (isStart(code) && !isEmpty) {
      return effects.attempt({ tokenize: (given, yes, no) => attempt(given, yes, no) }, end, begin)(code)
    }
    if (markdownLineEnding(code)) {
      effects.enter('lineEnding')
      effects.consume(code)
      effects.exit('lineEnding')
      return between
    }
    return begin(code)
  }
  const begin: State = (code) => {
    isEmpty = false
    effects.enter('formulaData')
    effects.consume(code)
    return data
  }
  const data: State = (code) => {
    if (code === null || markdownLineEnding(code) || isStart(code)) {
      effects.exit('formulaData')
      return between(code)
    }
    effects.consume(code)
    return data
  }
  return between
}

function isSpace(code: Code): boolean {
  return code === null || code < 0 || code === 32
}

function isDigit(code: Code): boolean {
  return code !== null && code >= 48 && code <= 57
}
