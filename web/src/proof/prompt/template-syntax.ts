/**
 * The parser of prompt templates (clause 7): an allow-list of Jinja's syntax, read as Jinja reads it.
 *
 * White space control (`{%-`, `-%}`), comments and raw blocks are honoured; line ends become newlines.
 */

import { Refused } from '../refused'

export interface Branch {
  condition: Condition
  body: Part[]
}
export type Part =
  | { kind: 'text'; text: string }
  | { kind: 'print'; name: string; separator: string | null }
  | { kind: 'if'; branches: Branch[]; otherwise: Part[] }
  | { kind: 'loop'; item: string; source: string; body: Part[]; otherwise: Part[] }

export type Condition =
  | { kind: 'name'; name: string }
  | { kind: 'literal' }
  | { kind: 'not'; inner: Condition }
  | { kind: 'pair'; left: Condition; right: Condition }

export const RESERVED: ReadonlySet<string> = new Set([
  'loop',
  'self',
  'none',
  'true',
  'false',
  'caller',
  'varargs',
  'kwargs',
])

const MAX_CHARS = 65_536
const FILTERS = new Set(['upper', 'lower', 'trim'])
const OPENING = /\{(\{|%|#)([-+]?)/g
const RAW = /\{%([-+]?)\s*raw\s*(-?)%\}/y
const END_RAW = /\{%([-+]?)\s*endraw\s*([-+]?)%\}/g
const TOKEN =
  /\s+|([\p{ID_Start}_][\p{ID_Continue}]*)|("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')|(0[bB](?:_?[01])+|0[oO](?:_?[0-7])+|0[xX](?:_?[0-9a-fA-F])+|[1-9](?:_?[0-9])*|0(?:_?0)*)(?![.\w])|(==|!=|[|(),])/suy

type Token =
  | { type: 'name'; value: string }
  | { type: 'text'; value: string }
  | { type: 'number' }
  | { type: 'sign'; value: string }

type Piece = { type: 'text'; text: string } | { type: 'print' | 'tag'; tokens: Token[] }

/** Parse a template into parts. */
export function parseTemplate(source: string): Part[] {
  if ([...source].length > MAX_CHARS) throw refused('the template is too long')
  const reader = new Reader(split(source.replace(/\r\n?/g, '\n')))
  const parts = reader.body()
  if (reader.next()) throw refused('an end tag without a beginning')
  return parts
}

function refused(what: string): Refused {
  return new Refused('release/malformed', `The prompt template is outside the allowed syntax: ${what}.`)
}

/** Cut a template into text, printed expressions and tags. */
function split(source: string): Piece[] {
  const pieces: Piece[] = []
  let at = 0
  let strips = false
  const addText = (to: number, stripsEnd: boolean) => {
    let text = source.slice(at, to)
    if (strips) text = text.replace(/^\s+/, '')
    if (stripsEnd) text = text.replace(/\s+$/, '')
    if (text) pieces.push({ type: 'text', text })
    strips = false
  }
  for (;;) {
    OPENING.lastIndex = at
    const found = OPENING.exec(source)
    if (!found) break
    addText(found.index, found[2] === '-')
    RAW.lastIndex = found.index
    const raw = RAW.exec(source)
    if (raw) {
      at = RAW.lastIndex
      strips = raw[2] === '-'
      END_RAW.lastIndex = at
      const end = END_RAW.exec(source)
      if (!end) throw refused('a raw block without an end')
      addText(end.index, end[1] === '-')
      at = END_RAW.lastIndex
      strips = end[2] === '-'
    } else if (found[1] === '#') {
      const end = source.indexOf('#}', OPENING.lastIndex)
      if (end < 0) throw refused('a comment without an end')
      at = end + 2
      strips = source[end - 1] === '-'
    } else {
      const close = found[1] === '%' ? '%}' : '}}'
      const inner = tokensUntil(source, OPENING.lastIndex, close)
      pieces.push({ type: close === '}}' ? 'print' : 'tag', tokens: inner.tokens })
      at = inner.end
      strips = inner.strips
    }
  }
  addText(source.length, false)
  return pieces
}

function tokensUntil(
  source: string,
  from: number,
  close: string,
): { tokens: Token[]; end: number; strips: boolean } {
  const tokens: Token[] = []
  for (let at = from; ; at = TOKEN.lastIndex) {
    const mark = source[at] === '-' || (source[at] === '+' && close === '%}') ? 1 : 0
    if (source.startsWith(close, at + mark)) return { tokens, end: at + mark + 2, strips: source[at] === '-' }
    TOKEN.lastIndex = at
    const found = TOKEN.exec(source)
    if (!found) throw refused(`what stands at character ${at}`)
    const [, name, text, number, sign] = found
    if (name !== undefined) tokens.push({ type: 'name', value: name })
    else if (text !== undefined) tokens.push({ type: 'text', value: withoutEscapes(text.slice(1, -1)) })
    else if (number !== undefined) tokens.push({ type: 'number' })
    else if (sign !== undefined) tokens.push({ type: 'sign', value: sign })
  }
}

const ESCAPE =
  /\\(?:(\n)|([\\'"])|([abfnrtv])|([0-7]{1,3})|x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|(N|x|u|U))/g
const CONTROL: Record<string, string> = { a: '\x07', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v' }

/** Undo the escapes of a Python string literal, as Jinja does. */
function withoutEscapes(text: string): string {
  const whole = text.replace(ESCAPE, (_, line, plain, control, octal, two, four, eight) => {
    if (line !== undefined) return ''
    if (plain !== undefined) return plain
    if (control !== undefined) return CONTROL[control] as string
    if (octal !== undefined) return String.fromCodePoint(Number.parseInt(octal, 8))
    const digits = two ?? four ?? eight
    const code = Number.parseInt(digits ?? 'g', 16)
    if (!(code <= 0x10ffff)) throw refused('an escape that names no character')
    return String.fromCodePoint(code)
  })
  if (/\p{Surrogate}/u.test(whole)) throw refused('a lone surrogate')
  return whole
}

class Reader {
  private readonly pieces: Piece[]
  private at = 0

  constructor(pieces: Piece[]) {
    this.pieces = pieces
  }

  next(): Piece | undefined {
    return this.pieces[this.at]
  }

  /** Read parts up to a tag that none of them opens. */
  body(): Part[] {
    const parts: Part[] = []
    for (let piece = this.next(); piece; piece = this.next()) {
      if (piece.type === 'tag') {
        const word = new Expression(piece.tokens).name()
        if (word !== 'if' && word !== 'for') break
        parts.push(word === 'if' ? this.condition() : this.loop())
      } else {
        this.at += 1
        parts.push(
          piece.type === 'text' ? { kind: 'text', text: piece.text } : new Expression(piece.tokens).printed(),
        )
      }
    }
    return parts
  }

  private condition(): Part {
    const branches: Branch[] = []
    let otherwise: Part[] = []
    for (let word = 'if'; word === 'if' || word === 'elif'; word = this.word()) {
      const condition = this.tag(word).whole((tag) => tag.condition())
      branches.push({ condition, body: this.body() })
    }
    if (this.word() === 'else') {
      this.tag('else').close()
      otherwise = this.body()
    }
    this.tag('endif').close()
    return { kind: 'if', branches, otherwise }
  }

  private loop(): Part {
    const [item, source] = this.tag('for').whole((tag) => {
      const name = tag.name()
      if (RESERVED.has(name) || tag.name() !== 'in') throw refused('a loop of another form')
      return [name, tag.name()] as const
    })
    const body = this.body()
    let otherwise: Part[] = []
    if (this.word() === 'else') {
      this.tag('else').close()
      otherwise = this.body()
    }
    this.tag('endfor').close()
    return { kind: 'loop', item, source: notConstant(source), body, otherwise }
  }

  /** The first word of the tag that is next. */
  private word(): string {
    const piece = this.next()
    return piece?.type === 'tag' ? new Expression(piece.tokens).name() : ''
  }

  /** Take the next tag, which must begin with `word`. */
  private tag(word: string): Expression {
    const piece = this.next()
    if (piece?.type !== 'tag') throw refused(`${word} is missing`)
    const tag = new Expression(piece.tokens)
    if (tag.name() !== word) throw refused(`${word} is missing`)
    this.at += 1
    return tag
  }
}

class Expression {
  private readonly tokens: Token[]
  private at = 0

  constructor(tokens: Token[]) {
    this.tokens = tokens
  }

  whole<T>(read: (expression: Expression) => T): T {
    const value = read(this)
    this.close()
    return value
  }

  close(): void {
    if (this.at !== this.tokens.length) throw refused('more than is expected in a tag')
  }

  name(): string {
    const token = this.tokens[this.at]
    if (token?.type !== 'name') throw refused('a name is missing')
    this.at += 1
    return token.value
  }

  printed(): Part {
    return this.whole(() => this.filtered())
  }

  private filtered(): Part {
    let part = this.printable()
    while (this.takes('|')) {
      const filter = this.name()
      if (filter === 'join' && part.kind === 'print' && part.separator === null && !this.isFiltered)
        part = { ...part, separator: this.separator() }
      else if (FILTERS.has(filter)) {
        this.emptyArguments()
        if (part.kind === 'text') part = { kind: 'text', text: applyFilter(filter, part.text) }
      } else throw refused(`the filter ${filter}`)
      this.isFiltered = true
    }
    this.isFiltered = false
    return part
  }

  private isFiltered = false

  private printable():
    | { kind: 'text'; text: string }
    | { kind: 'print'; name: string; separator: string | null } {
    if (this.takes('(')) {
      const inner = this.filtered()
      if (!this.takes(')') || (inner.kind !== 'text' && inner.kind !== 'print'))
        throw refused('an open bracket')
      return inner
    }
    const text = this.text()
    if (text !== null) return { kind: 'text', text }
    return { kind: 'print', name: notConstant(this.name()), separator: null }
  }

  private separator(): string {
    if (!this.takes('(')) return ''
    if (this.takes(')')) return ''
    const text = this.text()
    if (text === null) throw refused('join over something else than a text')
    this.takes(',')
    if (!this.takes(')')) throw refused('an open bracket')
    return text
  }

  private emptyArguments(): void {
    if (this.takes('(') && !this.takes(')')) throw refused('a filter with arguments')
  }

  /** Adjacent texts are one. */
  private text(): string | null {
    let text: string | null = null
    for (let token = this.tokens[this.at]; token?.type === 'text'; token = this.tokens[this.at]) {
      text = (text ?? '') + token.value
      this.at += 1
    }
    return text
  }

  condition(): Condition {
    return this.pairs('or', () => this.pairs('and', () => this.negation()))
  }

  private pairs(word: string, inner: () => Condition): Condition {
    let left = inner()
    while (this.takesWord(word)) left = { kind: 'pair', left, right: inner() }
    return left
  }

  private negation(): Condition {
    if (this.takesWord('not')) return { kind: 'not', inner: this.negation() }
    const left = this.operand()
    if (!this.takes('==') && !this.takes('!=')) return left
    return { kind: 'pair', left, right: this.operand() }
  }

  private operand(): Condition {
    if (this.takes('(')) {
      const inner = this.condition()
      if (!this.takes(')')) throw refused('an open bracket')
      return inner
    }
    const token = this.tokens[this.at]
    if (token?.type === 'number') {
      this.at += 1
      return { kind: 'literal' }
    }
    if (this.text() !== null) return { kind: 'literal' }
    const name = this.name()
    if (/^(?:true|false|True|False)$/.test(name)) return { kind: 'literal' }
    return { kind: 'name', name: notConstant(name) }
  }

  private takes(sign: string): boolean {
    const token = this.tokens[this.at]
    if (token?.type !== 'sign' || token.value !== sign) return false
    this.at += 1
    return true
  }

  private takesWord(word: string): boolean {
    const token = this.tokens[this.at]
    if (token?.type !== 'name' || token.value !== word) return false
    this.at += 1
    return true
  }
}

const KEYWORDS = /^(?:none|None|true|True|false|False|and|or|not|in|is|if|else|elif|for)$/

function notConstant(name: string): string {
  if (KEYWORDS.test(name)) throw refused(`the word ${name}`)
  return name
}

function applyFilter(filter: string, text: string): string {
  if (filter === 'upper') return text.toUpperCase()
  return filter === 'lower' ? text.toLowerCase() : text.trim()
}
