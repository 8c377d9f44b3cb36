// @vitest-environment node
import { describe, expect, test } from 'vitest'
import { concat, fromBase64, fromDecimal, fromHex, fromUtf8, utf8 } from './bytes'
import { encode, type Json, parse, write } from './canonical'

const GOOD = [
  '{}',
  '[]',
  'true',
  '0',
  '-1',
  '9007199254740991',
  '-9007199254740991',
  '"\\b\\t\\n\\f\\r\\"\\\\\\u0000\\u000b\\u001f\u007f\u2028名🙂/"',
  '{"A":1,"_":[],"__proto__":{"a":1},"a":{"b":[1,"2",false]},"constructor":"x"}',
  `${'['.repeat(32)}${']'.repeat(32)}`,
]

const BAD = [
  '',
  ' ',
  '1 ',
  'null',
  '-0',
  '01',
  '1.0',
  '1e3',
  '9007199254740992',
  'NaN',
  '"a',
  '"\n"',
  '"\\u0041"',
  '"\\u000A"',
  '"\\u000a"',
  '"\\/"',
  '"\\ud800"',
  '"\\x"',
  '{"b":1,"a":2}',
  '{"a":1,"a":2}',
  '{"a": 1}',
  '{"ä":1}',
  '{"":1}',
  '{a:1}',
  '{"a":1,}',
  '[1,]',
  '[1 ,2]',
  'truetrue',
  'tru',
  '{"a":1}}',
  '\ufeff{}',
  `${'['.repeat(33)}${']'.repeat(33)}`,
]

describe('the one allowed spelling', () => {
  test.each(GOOD)('%s comes back as it was', (text) => {
    expect(write(parse(utf8(text)))).toBe(text)
  })

  test.each(BAD)('%j is refused', (text) => {
    expect(() => parse(utf8(text))).toThrow()
  })

  test('bytes that are no UTF-8 are refused', () => {
    expect(() => parse(concat(utf8('"'), Uint8Array.of(0xff), utf8('"')))).toThrow('canonical')
    expect(() => parse(Uint8Array.of(0x22, 0xed, 0xa0, 0x80, 0x22))).toThrow('canonical')
  })

  test('what has no canonical form is not written', () => {
    const deep = Array.from({ length: 33 }).reduce<Json>((inner) => [inner], [])
    for (const value of [0.5, 2 ** 53, Number.NaN, null, '\ud800', deep, { ä: 1 }] as Json[])
      expect(() => encode(value), String(value)).toThrow()
    expect(write(-0)).toBe('0')
  })

  test('every string of one character is written as RFC 8785 says, and read back', () => {
    for (let code = 0; code < 0x3000; code += 1) {
      const text = String.fromCharCode(code)
      expect(parse(encode(text))).toBe(text)
    }
  })
})

describe('strict text forms', () => {
  test.each(['AAA', 'AAA=A', 'AAB=', 'A===', '====', 'AA==\n', 'AA_=', ' AAA'])('base64 %j', (text) => {
    expect(() => fromBase64(text)).toThrow()
  })
  test.each(['0', 'AB', 'gg', '0x'])('hex %j', (text) => {
    expect(() => fromHex(text)).toThrow()
  })
  test.each(['', '00', '01', '-1', '+1', '1.0', ' 1', '9223372036854775808'])('decimal %j', (text) => {
    expect(() => fromDecimal(text)).toThrow()
  })
  test('what is right is read', () => {
    expect(fromBase64('AAE=')).toEqual(Uint8Array.of(0, 1))
    expect(fromHex('00ff', 2)).toEqual(Uint8Array.of(0, 255))
    expect(fromDecimal('9223372036854775807')).toBe(2n ** 63n - 1n)
    expect(fromUtf8(utf8('\ufeffä'))).toBe('\ufeffä')
  })
})
