// @vitest-environment node
import { describe, expect, test } from 'vitest'
import { dumps, float, loads } from './python-json'

describe('numbers are spelt as Python spells them', () => {
  // Each pair was printed by Python 3.11: repr(float(...)).
  test.each([
    [0.7, '0.7'],
    [1, '1.0'],
    [0, '0.0'],
    [-0, '-0.0'],
    [100, '100.0'],
    [0.0001, '0.0001'],
    [0.00001, '1e-05'],
    [0.000123456, '0.000123456'],
    [123456789.125, '123456789.125'],
    [1e15, '1000000000000000.0'],
    [1e16, '1e+16'],
    [1.5e300, '1.5e+300'],
    [-2.5e-7, '-2.5e-07'],
    [0.1 + 0.2, '0.30000000000000004'],
    [2 ** 53, '9007199254740992.0'],
    [Number.POSITIVE_INFINITY, 'Infinity'],
    [Number.NaN, 'NaN'],
  ])('%d', (value, text) => {
    expect(float(value).source).toBe(text)
  })
})

test.each([
  ['{"b":1,"a":2,"10":3,"2":4}', '{"b":1,"a":2,"10":3,"2":4}'],
  ['{"a":1,"b":2,"a":3}', '{"a":3,"b":2}'],
  [' [ 1 , 1.0 , 1e2 , -0 , 12345678901234567890 ] ', '[1,1.0,100.0,0,12345678901234567890]'],
  ['"\\u00e4\\ud83d\\ude42\\/\u2028"', '"ä🙂/\u2028"'],
  ['[true,false,null,NaN,-Infinity]', '[true,false,null,NaN,-Infinity]'],
])('%s is read and written as Python does it', (text, expected) => {
  const value = loads(text)
  expect(value === undefined ? undefined : dumps(value)).toBe(expected)
})

test.each(['', '{', '[1,]', "{'a':1}", '01', '"\n"', '[1] 2', 'nul'])('%j is no JSON', (text) => {
  expect(loads(text)).toBeUndefined()
})
