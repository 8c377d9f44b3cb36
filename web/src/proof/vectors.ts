/** The conformance vectors, read from their files, for tests. */

import { existsSync, readFileSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import { type Bytes, fromBase64 } from './bytes'

const FOLDER = new URL('../../../conformance/vectors/', import.meta.url)
// A test of the repository makes many more than are kept, and names their folder.
const MORE = process.env['VERAX_VECTORS']

export interface ReceiptVector {
  name: string
  rule: string
  receipt: Bytes
  key: Bytes
  reply?: Bytes
  policy?: Bytes
  bundle?: Bytes
  fails: number | null
}

export function loadVectors<T>(name: string): T[] {
  const more = MORE && pathToFileURL(`${MORE}/${name}.json`)
  const file = more && existsSync(more) ? more : new URL(`${name}.json`, FOLDER)
  return JSON.parse(readFileSync(file, 'utf8')).vectors
}

export function loadReceiptVectors(name: string): ReceiptVector[] {
  return loadVectors<Record<string, string>>(name).map((vector) => {
    const read = (field: string) => {
      const text = vector[field]
      return text === undefined ? {} : { [field]: text === '' ? new Uint8Array() : fromBase64(text) }
    }
    const parts = {
      ...read('receipt'),
      ...read('key'),
      ...read('reply'),
      ...read('policy'),
      ...read('bundle'),
    }
    return { ...vector, ...parts } as unknown as ReceiptVector
  })
}
