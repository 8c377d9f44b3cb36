// @vitest-environment node
import { describe, expect, test } from 'vitest'
import { base64, utf8 } from './bytes'
import { Signer } from './client/testing'
import { sha256 } from './hash'
import { leafHash } from './merkle'
import { openPromise } from './promise'

const NAME = 'verax-abcdefghijklmnopqrstuvwxyz'
const SIGNER = new Signer(`${NAME}/promise`, sha256(utf8('promise')))
const LEAF = leafHash(utf8('record'))

function note(
  changes: Partial<Record<'header' | 'origin' | 'leaf' | 'deadline' | 'more', string>> = {},
): string {
  const parts = {
    header: 'verax promise v1',
    origin: `${NAME}/replies/0`,
    leaf: base64(LEAF),
    deadline: '1795392005000',
    more: '',
    ...changes,
  }
  return SIGNER.note(`${parts.header}\n${parts.origin}\n${parts.leaf}\n${parts.deadline}\n${parts.more}`)
}

test('a promise names the log, the leaf and the deadline', async () => {
  const promised = await openPromise(note(), LEAF, [SIGNER.key])
  expect(promised).toEqual({ origin: `${NAME}/replies/0`, leaf: LEAF, deadlineMs: 1_795_392_005_000 })
})

describe('a promise is refused', () => {
  test.each([
    [{ header: 'verax promise v2' }, 'promise/malformed'],
    [{ more: 'more\n' }, 'promise/malformed'],
    [{ origin: 'nothing' }, 'promise/malformed'],
    [{ leaf: 'AAAA=' }, 'promise/malformed'],
    [{ deadline: '01' }, 'promise/malformed'],
    [{ deadline: '9007199254740992' }, 'promise/malformed'],
    [{ leaf: base64(leafHash(utf8('another'))) }, 'promise/other-leaf'],
    [{ origin: 'another/replies/0' }, 'note/no-key'],
  ] as const)('with %o', async (changes, reason) => {
    await expect(openPromise(note(changes), LEAF, [SIGNER.key])).rejects.toMatchObject({ reason })
  })

  test('under another key of that name, or with a changed byte', async () => {
    const other = new Signer(`${NAME}/promise`, sha256(utf8('another')))
    await expect(openPromise(note(), LEAF, [other.key])).rejects.toMatchObject({ reason: 'note/unsigned' })
    const changed = note().replace('1795392005000', '1795392005001')
    await expect(openPromise(changed, LEAF, [SIGNER.key])).rejects.toMatchObject({ reason: 'note/signature' })
  })
})
