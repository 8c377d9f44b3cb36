// @vitest-environment node
import { describe, expect, test } from 'vitest'
import { checkReceipt } from '../receipt'
import { loadReceiptVectors } from '../vectors'

const VECTORS = loadReceiptVectors('bundles')

async function judge({ receipt, key, bundle }: (typeof VECTORS)[number], fingerprint?: string) {
  const report = await checkReceipt({ receipt, keys: key, bundle, fingerprint })
  const failed = report.steps.findIndex((step) => step.outcome === 'failed')
  return { first: failed < 0 ? null : failed + 1, step: report.steps[6], holds: report.holds }
}

describe('bundles are judged as the stand-alone script judges them', () => {
  test.each(VECTORS)('$name', async (vector) => {
    const { first, step, holds } = await judge(vector)
    expect(first, step?.detail).toBe(vector.fails)
    expect(holds).toBe(vector.fails === null)
  })
})

function named(name: string) {
  const vector = VECTORS.find((item) => item.name === name)
  if (!vector) throw new Error(`no vector ${name}`)
  return vector
}

test('what holds names the people, the gates and how much was read', async () => {
  const solo = (await judge(named('solo'))).step
  expect(solo?.facts).toMatchObject({
    authors: 'ann',
    approved: '',
    gates: '',
    mode: 'solo',
    anchored: 'false',
  })
  const team = (await judge(named('team'))).step
  expect(team?.facts).toMatchObject({ authors: 'ann', approved: 'rob', gates: 'basics', mode: 'quorum' })
  expect(team?.facts['read']).toBe(team?.facts['size'])
  expect(team?.detail).toContain('Bans on texts were not checked.')
})

test('the fingerprint is compared when it is given', async () => {
  const fingerprint = (await judge(named('team'))).step?.facts['fingerprint'] ?? ''
  expect((await judge(named('team'), fingerprint)).step?.facts['anchored']).toBe('true')
  expect((await judge(named('team'), '00'.repeat(32))).step?.reason).toBe('governance/fingerprint')
})

test('one changed byte of a bundle fails', async () => {
  const vector = named('solo')
  const bundle = vector.bundle ?? new Uint8Array()
  for (let at = 0; at < bundle.length; at += 31) {
    const changed = bundle.slice()
    changed[at] = (changed[at] as number) ^ 1
    expect((await judge({ ...vector, bundle: changed })).first, `at ${at}`).toBe(7)
  }
})

test('without the move that set the head the release is not said to have served', async () => {
  const { step } = await judge(named('without-move'))
  expect(step).toMatchObject({ outcome: 'failed', reason: 'governance/not-served' })
})
