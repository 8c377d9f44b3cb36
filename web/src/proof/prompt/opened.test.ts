// @vitest-environment node
import { describe, expect, test } from 'vitest'
import { equal, fromBase64, fromUtf8 } from '../bytes'
import type { Json } from '../canonical'
import { recordShape } from '../record'
import { loadVectors } from '../vectors'
import { checkOpened } from './opened'
import { rejoin } from './rejoin'
import { parseRelease } from './release'
import { segmentsShape } from './segments'

interface TurnVector {
  name: string
  record: Json
  secret: string
  release: string
  segments: Json
  sent: string
  checks: Record<'prompt' | 'release' | 'sent', string>
}

const VECTORS = loadVectors<TurnVector>('turns')

function open(vector: TurnVector) {
  const record = recordShape(vector.record, 'record')
  const segments = segmentsShape(vector.segments, 'segments')
  return { record, segments, secret: vector.secret, release: parseRelease(fromBase64(vector.release)) }
}

describe('opened turns are judged as the kernel judges them', () => {
  test.each(VECTORS)('$name', async (vector) => {
    const checks = await checkOpened(open(vector))
    const found = Object.fromEntries(checks.map(({ check, outcome }) => [check, outcome]))
    expect(found, checks.map(({ detail }) => detail).join(' ')).toEqual(vector.checks)
  })

  test('there is every kind of model among them, and every outcome', () => {
    const kinds = new Set(VECTORS.map((vector) => open(vector).release.model.backend))
    expect(kinds).toEqual(new Set(['embedded', 'scripted', 'remote']))
    const outcomes = new Set(VECTORS.flatMap(({ checks }) => Object.entries(checks).map(String)))
    expect(outcomes).toContain('sent,failed')
    expect(outcomes).toContain('release,failed')
    expect(outcomes).toContain('sent,not_checked')
  })

  test('where all is as it was, the joined bytes are those that were sent', async () => {
    for (const vector of VECTORS.filter(({ checks }) => checks.sent === 'verified')) {
      const { release, record, segments } = open(vector)
      const sent = fromBase64(vector.sent)
      const { candidates } = await rejoin(release, record, segments)
      const found = [...candidates].some((data) => equal(data, sent))
      expect(found, fromUtf8(sent)).toBe(true)
    }
  })
})

test('nothing is checked with the secret of another turn, or without the release', async () => {
  const vector = VECTORS.find(({ checks }) => checks.prompt === 'verified')
  if (!vector) throw new Error('no vector')
  const turn = open(vector)
  const other = await checkOpened({ ...turn, secret: '00'.repeat(32) })
  expect(other.map(({ outcome }) => outcome)).toEqual(['failed', 'not_checked', 'not_checked'])
  expect(other[0]?.reason).toBe('segments/secret')
  expect((await checkOpened({ ...turn, secret: 'no hex' }))[0]?.reason).toBe('segments/secret')
  const without = await checkOpened({ ...turn, release: null })
  expect(without.map(({ outcome }) => outcome)).toEqual(['verified', 'not_checked', 'not_checked'])
})

test('another release than the record names is a failure, whatever it says', async () => {
  const [one, other] = VECTORS.filter(({ checks }) => checks.prompt === 'verified').map(open)
  if (!one || !other) throw new Error('no vectors')
  const checks = await checkOpened({ ...one, release: { ...other.release, id: '00'.repeat(32) } })
  expect(checks.find(({ check }) => check === 'release')?.outcome).toBe('failed')
})
