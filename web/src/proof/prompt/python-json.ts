/**
 * JSON as Python's standard library reads and writes it: what a server sends to a remote model, to the byte.
 *
 * JavaScript's own would change it: whole numbers lose their `.0`, large ones their digits, and keys that look
 * like numbers move to the front.
 */

/** A number in Python's spelling. */
export class PythonNumber {
  readonly source: string

  constructor(source: string) {
    this.source = source
  }
}

export type PythonJson = string | boolean | null | PythonNumber | PythonJson[] | PythonObject
export type PythonObject = Map<string, PythonJson>

/** Return a number as Python prints a float. */
export function float(value: number): PythonNumber {
  return new PythonNumber(floatText(value))
}

export function int(value: number): PythonNumber {
  return new PythonNumber(String(value))
}

/** Return an object with the given fields, in their order. */
export function fields(...entries: [string, PythonJson][]): PythonObject {
  return new Map(entries)
}

/** Write a value without spaces, characters as they are. */
export function dumps(value: PythonJson): string {
  if (value instanceof PythonNumber) return value.source
  if (value instanceof Map)
    return `{${[...value].map(([key, item]) => `${JSON.stringify(key)}:${dumps(item)}`).join(',')}}`
  if (Array.isArray(value)) return `[${value.map(dumps).join(',')}]`
  return JSON.stringify(value)
}

/** Parse JSON text; null where it is none. */
export function loads(text: string): PythonJson | undefined {
  try {
    return new Reader(text).whole()
  } catch {
    return undefined
  }
}

function floatText(value: number): string {
  if (Number.isNaN(value)) return 'NaN'
  if (!Number.isFinite(value)) return value < 0 ? '-Infinity' : 'Infinity'
  if (Object.is(value, -0)) return '-0.0'
  const [digits = '', exponent = '0'] = value.toExponential().split('e')
  const power = Number(exponent)
  if (value !== 0 && (power < -4 || power >= 16))
    return `${digits}e${power < 0 ? '-' : '+'}${String(Math.abs(power)).padStart(2, '0')}`
  const plain =
    power < 0 ? value.toFixed(Math.max(0, digits.replace(/[-.]/g, '').length - 1 - power)) : String(value)
  return plain.includes('.') ? plain : `${plain}.0`
}

const NUMBER = /-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?/y
const BLANK = /[ \t\n\r]*/y
const STRING = /"(?:[^"\\]|\\.)*"/suy
const WORDS: [string, PythonJson][] = [
  ['true', true],
  ['false', false],
  ['null', null],
  ['NaN', new PythonNumber('NaN')],
  ['Infinity', new PythonNumber('Infinity')],
  ['-Infinity', new PythonNumber('-Infinity')],
]

class Reader {
  private readonly text: string
  private at = 0

  constructor(text: string) {
    this.text = text
  }

  whole(): PythonJson {
    const value = this.value()
    if (this.at !== this.text.length) throw new SyntaxError('more than one value')
    return value
  }

  private value(): PythonJson {
    this.skip()
    const value = this.bare()
    this.skip()
    return value
  }

  private bare(): PythonJson {
    if (this.takes('{')) return this.object()
    if (this.takes('[')) return this.array()
    if (this.text[this.at] === '"') return this.string()
    for (const [word, value] of WORDS) if (this.takes(word)) return value
    const [source, fraction, exponent] = this.match(NUMBER)
    if (fraction !== undefined || exponent !== undefined) return float(Number(source))
    return new PythonNumber(String(BigInt(source)))
  }

  private object(): PythonObject {
    const value: PythonObject = new Map()
    this.skip()
    if (this.takes('}')) return value
    do {
      this.skip()
      const key = this.string()
      this.skip()
      this.expect(':')
      value.set(key, this.value())
    } while (this.takes(','))
    this.expect('}')
    return value
  }

  private array(): PythonJson[] {
    const value: PythonJson[] = []
    this.skip()
    if (this.takes(']')) return value
    do value.push(this.value())
    while (this.takes(','))
    this.expect(']')
    return value
  }

  private string(): string {
    return JSON.parse(this.match(STRING)[0])
  }

  private match(pattern: RegExp): RegExpExecArray {
    pattern.lastIndex = this.at
    const found = pattern.exec(this.text)
    if (!found) throw new SyntaxError('a value is missing')
    this.at += found[0].length
    return found
  }

  private skip(): void {
    this.match(BLANK)
  }

  private takes(word: string): boolean {
    if (!this.text.startsWith(word, this.at)) return false
    this.at += word.length
    return true
  }

  private expect(sign: string): void {
    if (!this.takes(sign)) throw new SyntaxError(`${sign} is missing`)
  }
}
