// @vitest-environment node
import { describe, expect, it } from 'vitest'
import { fromHex, fromUtf8 } from '@/proof/bytes'
import { encode } from '@/proof/canonical'
import { commitment } from '@/proof/record'
import { askedOf, linesOf } from './asked'

const SALT = '0f'.repeat(16)
const DATA = encode({ items: [{ role: 'user', text: 'Who are you?' }] })
const CALL = { reply: 'I am Verax.', salt: SALT, request: commitment(fromHex(SALT), 'request', DATA) }
const ASKED = askedOf({
  suite: 'identity',
  samples: [
    { item: 'one', arm: 'candidate', requests: [fromUtf8(DATA)] },
    { item: 'two', arm: 'candidate', requests: ['{"items":[{"role":"user","text":"Another?"}]}'] },
    { item: 'three', arm: 'candidate', requests: ['no JSON'] },
  ],
})

describe('what a sample was asked', () => {
  it('is shown where the record commits to it', () => {
    expect(linesOf(ASKED, 'candidate', 'one', 0, CALL)).toEqual([{ role: 'user', text: 'Who are you?' }])
  })

  it('is not believed where the record commits to something else', () => {
    expect(linesOf(ASKED, 'candidate', 'two', 0, CALL)).toBeNull()
    expect(linesOf(ASKED, 'candidate', 'one', 0, { ...CALL, salt: '00'.repeat(16) })).toBeNull()
    expect(linesOf(ASKED, 'candidate', 'one', 0, { ...CALL, salt: 'no hex' })).toBeNull()
  })

  it('is not believed where it is no request', () => {
    const request = commitment(fromHex(SALT), 'request', new TextEncoder().encode('no JSON'))
    expect(linesOf(ASKED, 'candidate', 'three', 0, { ...CALL, request })).toBeNull()
  })

  it('is unknown of another arm, item or call', () => {
    expect(linesOf(ASKED, 'head', 'one', 0, CALL)).toBeUndefined()
    expect(linesOf(ASKED, 'candidate', 'four', 0, CALL)).toBeUndefined()
    expect(linesOf(ASKED, 'candidate', 'one', 1, CALL)).toBeUndefined()
  })
})
