import { expect, it } from 'vitest'
import { shortCode } from './short-code'

it('gives the codes that the command line gives', () => {
  expect(shortCode('00'.repeat(32))).toBe('0000-0000-0000-0000')
  expect(shortCode('ff'.repeat(32))).toBe('zzzz-zzzz-zzzz-zzzz')
  expect(shortCode(`0001020304050607080900${'00'.repeat(21)}`)).toBe('000g-40r4-0m30-e209')
})

it('refuses what is no digest', () => {
  expect(() => shortCode('AB'.repeat(32))).toThrow(RangeError)
})
