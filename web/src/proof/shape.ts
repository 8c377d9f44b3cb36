/**
 * Strict reading of parsed values: each shape checks a value and gives it its type.
 *
 * Unknown and missing fields fail (clause 1), so what passes holds nothing that nobody looked at.
 */

import { type Bytes, fromBase64, isDigest } from './bytes'
import { isObject, type Json, type JsonObject } from './canonical'
import { Refused } from './refused'

/** Takes a value, names it in messages as `where`, and returns it typed. */
export type Shape<T> = (value: Json, where: string) => T
export type Shaped<S> = S extends Shape<infer T> ? T : never

type Fields = Record<string, Shape<unknown>>
type Values<F extends Fields> = { [K in keyof F]: Shaped<F[K]> }

export const MAX_COUNT = Number.MAX_SAFE_INTEGER

export function malformed(where: string, expected: string): Refused {
  return new Refused('form/malformed', `${where}: expected ${expected}.`)
}

/** Text that a pattern matches as a whole, of at most `limit` characters (code points). */
export function text(pattern?: RegExp, limit = 262_144): Shape<string> {
  return (value, where) => {
    const fits = typeof value === 'string' && value.length <= 2 * limit && [...value].length <= limit
    if (!fits || (pattern && !pattern.test(value)))
      throw malformed(where, pattern ? `text like ${pattern.source}` : 'text')
    return value
  }
}

export const digest: Shape<string> = (value, where) => {
  if (typeof value !== 'string' || !isDigest(value)) throw malformed(where, '64 lower-case hex digits')
  return value
}

/** 64 hex digits, or the one word. */
export function digestOr(word: string): Shape<string> {
  return (value, where) => (value === word ? value : digest(value, where))
}

export function integer(low = 0, high = MAX_COUNT): Shape<number> {
  return (value, where) => {
    if (typeof value !== 'number' || value < low || value > high)
      throw malformed(where, `an integer from ${low} to ${high}`)
    return value
  }
}

export const flag: Shape<boolean> = (value, where) => {
  if (typeof value !== 'boolean') throw malformed(where, 'true or false')
  return value
}

export function choice<const T extends string | number>(...choices: T[]): Shape<T> {
  return (value, where) => {
    const found = choices.find((item) => item === value)
    if (found === undefined) throw malformed(where, `one of ${choices.join(', ')}`)
    return found
  }
}

/** Base64 text, decoded. */
export const bytes: Shape<Bytes> = (value, where) => {
  if (typeof value !== 'string') throw malformed(where, 'base64 text')
  return fromBase64(value)
}

export function list<T>(item: Shape<T>, limit = 256): Shape<T[]> {
  return (value, where) => {
    if (!Array.isArray(value) || value.length > limit) throw malformed(where, `a list of at most ${limit}`)
    return value.map((entry, at) => item(entry, `${where}[${at}]`))
  }
}

/** A list without repeats. */
export function distinct(item: Shape<string>, limit = 256): Shape<string[]> {
  return (value, where) => {
    const found = list(item, limit)(value, where)
    if (new Set(found).size !== found.length) throw malformed(where, 'different items')
    return found
  }
}

/** An object with exactly these fields; those of `optional` may be left out. */
export function object<F extends Fields, O extends Fields = Record<never, never>>(
  required: F,
  optional?: O,
): Shape<Values<F> & Partial<Values<O>>> {
  const known: Fields = { ...required, ...optional }
  return (value, where) => {
    const given = anyObject(value, where)
    for (const name of Object.keys(required)) if (!(name in given)) throw malformed(where, `a field ${name}`)
    const result: Record<string, unknown> = {}
    for (const name of Object.keys(given)) {
      const shape = Object.hasOwn(known, name) ? known[name] : undefined
      if (!shape) throw malformed(where, `no field ${name}`)
      result[name] = shape(given[name] as Json, `${where}.${name}`)
    }
    return result as Values<F> & Partial<Values<O>>
  }
}

/** An object by names that a pattern matches. */
export function named<T>(pattern: RegExp, item: Shape<T>, limit = 256): Shape<Map<string, T>> {
  return (value, where) => {
    const given = Object.entries(anyObject(value, where))
    if (given.length > limit) throw malformed(where, `at most ${limit} entries`)
    return new Map(
      given.map(([name, entry]) => {
        if (!pattern.test(name)) throw malformed(where, `names like ${pattern.source}`)
        return [name, item(entry, `${where}.${name}`)]
      }),
    )
  }
}

/** Any object; what is in it is left to the caller. */
export const anyObject: Shape<JsonObject> = (value, where) => {
  if (!isObject(value)) throw malformed(where, 'an object')
  return value
}

/** Read a value, giving what it refuses a reason of its own. */
export function read<T>(shape: Shape<T>, value: Json, where: string, reason: Refused['reason']): T {
  return under(reason, () => shape(value, where))
}

/** Run `work`; what it refuses as a mere form is refused as `reason`. */
export function under<T>(reason: Refused['reason'], work: () => T): T {
  try {
    return work()
  } catch (error) {
    if (error instanceof Refused && (error.reason === 'form/malformed' || error.reason.startsWith('bytes/')))
      throw new Refused(reason, error.message)
    throw error
  }
}
