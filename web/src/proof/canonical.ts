/**
 * Canonical JSON (clause 1): RFC 8785 over a narrow domain.
 *
 * - Keys are `[A-Za-z0-9_]+`, strings Unicode scalar values, integers at most 2^53-1 in size; booleans,
 *   arrays and objects to depth 32. No floats, no null, no key twice.
 * - `parse` accepts the one canonical spelling only, so what it accepts is what `encode` would write, and
 *   nothing has to be compared afterwards. Keys in that alphabet sort the same by UTF-16 and by code point.
 * - Objects have no prototype: a key called `__proto__` is a key like any other.
 */

import { type Bytes, fromUtf8, utf8 } from './bytes'
import { need, Refused } from './refused'

export type Json = string | number | boolean | Json[] | JsonObject
export interface JsonObject {
  [key: string]: Json
}

export const MAX_DEPTH = 32

const KEY = /^[A-Za-z0-9_]+$/
const SURROGATE = /\p{Surrogate}/u
const INTEGER = /-?(?:0|[1-9][0-9]{0,15})/y
const SHORT: Record<string, string> = { '"': '"', '\\': '\\', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' }
// The characters below a space that have no short escape, in the one allowed spelling.
const LONG = /^u00(?:0[0-7be-f]|1[0-9a-f])$/

export function parse(data: Uint8Array): Json {
  let text: string
  try {
    text = fromUtf8(data)
  } catch {
    throw notCanonical()
  }
  return new Parser(text).whole()
}

/** Parse canonical bytes that must be an object. */
export function parseObject(data: Uint8Array): JsonObject {
  const value = parse(data)
  need(isObject(value), 'form/malformed', 'Expected an object.')
  return value
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Return the canonical text of a value. */
export function write(value: Json, depth = 1): string {
  if (typeof value === 'string') return writeText(value)
  if (typeof value === 'boolean') return String(value)
  if (typeof value === 'number') {
    need(
      Number.isSafeInteger(value),
      'bytes/not-canonical',
      'Only integers up to 2^53-1 have a canonical form.',
    )
    return String(Object.is(value, -0) ? 0 : value)
  }
  need(typeof value === 'object' && value !== null, 'bytes/not-canonical', 'Null has no canonical form.')
  need(depth <= MAX_DEPTH, 'bytes/not-canonical', `Values are nested deeper than ${MAX_DEPTH}.`)
  if (Array.isArray(value)) return `[${value.map((item) => write(item, depth + 1)).join(',')}]`
  const fields = Object.keys(value)
    .sort()
    .map((key) => {
      need(KEY.test(key), 'bytes/not-canonical', 'A key has characters that are not allowed.')
      return `"${key}":${write(value[key] as Json, depth + 1)}`
    })
  return `{${fields.join(',')}}`
}

/** Return the canonical bytes of a value. */
export function encode(value: Json): Bytes {
  return utf8(write(value))
}

function writeText(text: string): string {
  need(!SURROGATE.test(text), 'bytes/not-canonical', 'A string holds a lone surrogate.')
  // JSON.stringify escapes what RFC 8785 section 3.2.2.2 does, in the same spelling.
  return JSON.stringify(text)
}

function notCanonical(): Refused {
  return new Refused('bytes/not-canonical', 'The bytes are not written in the one allowed (canonical) way.')
}

class Parser {
  private readonly text: string
  private at = 0

  constructor(text: string) {
    this.text = text
  }

  whole(): Json {
    const value = this.value(1)
    if (this.at !== this.text.length) throw notCanonical()
    return value
  }

  private value(depth: number): Json {
    switch (this.text[this.at]) {
      case '{':
        return this.object(depth)
      case '[':
        return this.array(depth)
      case '"':
        return this.string()
      case 't':
        return this.word('true', true)
      case 'f':
        return this.word('false', false)
      default:
        return this.integer()
    }
  }

  private object(depth: number): JsonObject {
    if (depth > MAX_DEPTH) throw notCanonical()
    const value: JsonObject = Object.create(null)
    this.at += 1
    if (this.takes('}')) return value
    let last = ''
    do {
      if (this.text[this.at] !== '"') throw notCanonical()
      const key = this.string()
      if (!KEY.test(key) || key <= last) throw notCanonical()
      if (!this.takes(':')) throw notCanonical()
      value[key] = this.value(depth + 1)
      last = key
    } while (this.takes(','))
    if (!this.takes('}')) throw notCanonical()
    return value
  }

  private array(depth: number): Json[] {
    if (depth > MAX_DEPTH) throw notCanonical()
    const value: Json[] = []
    this.at += 1
    if (this.takes(']')) return value
    do {
      value.push(this.value(depth + 1))
    } while (this.takes(','))
    if (!this.takes(']')) throw notCanonical()
    return value
  }

  private string(): string {
    let value = ''
    let from = this.at + 1
    for (let to = from; to < this.text.length; to += 1) {
      const code = this.text.charCodeAt(to)
      if (code === 0x22) {
        this.at = to + 1
        return value + this.text.slice(from, to)
      }
      if (code < 0x20) break
      if (code === 0x5c) {
        const [char, length] = this.escape(to + 1)
        value += this.text.slice(from, to) + char
        to += length
        from = to + 1
      }
    }
    throw notCanonical()
  }

  private escape(at: number): [char: string, length: number] {
    const short = SHORT[this.text[at] ?? '']
    if (short !== undefined) return [short, 1]
    const long = this.text.slice(at, at + 5)
    if (!LONG.test(long)) throw notCanonical()
    return [String.fromCharCode(Number.parseInt(long.slice(1), 16)), 5]
  }

  private integer(): number {
    INTEGER.lastIndex = this.at
    const found = INTEGER.exec(this.text)?.[0] ?? ''
    const value = Number(found)
    if (!found || found === '-0' || !Number.isSafeInteger(value)) throw notCanonical()
    this.at += found.length
    return value
  }

  private word<T extends boolean>(word: string, value: T): T {
    if (!this.text.startsWith(word, this.at)) throw notCanonical()
    this.at += word.length
    return value
  }

  private takes(char: string): boolean {
    if (this.text[this.at] !== char) return false
    this.at += 1
    return true
  }
}
