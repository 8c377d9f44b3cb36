import { expect, it } from 'vitest'
import { bytesOf, textOf, toBase64 } from './base64'

it('reads what it wrote, for every length and byte', () => {
  for (let length = 0; length < 70; length += 1) {
    const bytes = Uint8Array.from({ length }, (_, index) => (index * 37 + length) % 256)
    expect(bytesOf(toBase64(bytes))).toEqual(bytes)
    expect(bytesOf(textOf(bytes))).toEqual(bytes)
    expect(textOf(bytes)).toMatch(/^[\w-]*$/)
  }
})
