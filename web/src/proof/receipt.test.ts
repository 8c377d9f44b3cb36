// @vitest-environment node
import { describe, expect, test } from 'vitest'
import { hex } from './bytes'
import { isSigned, isSignedExactly } from './ed25519'
import { checkReceipt, STEPS } from './receipt'
import { loadReceiptVectors, loadVectors } from './vectors'

const GOOD = loadReceiptVectors('good')
const FILES = ['clause_1', 'clause_9', 'clause_11', 'clause_12', 'witnesses']
const VECTORS = [...GOOD, ...FILES.flatMap(loadReceiptVectors)]

describe('the conformance vectors', () => {
  test('are all there', () => {
    expect(VECTORS.length).toBeGreaterThan(300)
    expect(GOOD.every((vector) => vector.fails === null)).toBe(true)
  })

  test.each(VECTORS)('$name: $rule', async ({ receipt, key, reply, policy, fails }) => {
    const report = await checkReceipt({ receipt, keys: key, reply, policy })
    const failed = report.steps.findIndex((step) => step.outcome === 'failed')
    expect({ first: failed < 0 ? null : failed + 1, steps: report.steps.length }).toEqual({
      first: fails,
      steps: STEPS.length,
    })
    expect(report.holds).toBe(fails === null)
    expect(report.record === null).toBe(fails !== null && fails <= 4)
    for (const step of report.steps) expect(step.reason === null).toBe(step.outcome !== 'failed')
  })
})

interface SignatureVector {
  name: string
  public: string
  message: string
  signature: string
  valid: boolean
}

describe('single Ed25519 signatures', () => {
  const bytes = (text: string) => Uint8Array.from(Buffer.from(text, 'hex'))
  test.each(loadVectors<SignatureVector>('ed25519'))('$name', async (vector) => {
    const parts = [bytes(vector.public), bytes(vector.message), bytes(vector.signature)] as const
    expect(await isSigned(...parts)).toBe(vector.valid)
    expect(await isSignedExactly(...parts)).toBe(vector.valid)
  })
})

test('a receipt, key file or reply with one changed byte never holds', async () => {
  const [vector] = GOOD
  if (!vector) throw new Error('no vector')
  const { receipt, key, reply } = vector
  const whole = { receipt, keys: key, reply }
  expect((await checkReceipt(whole)).holds).toBe(true)
  for (const name of ['receipt', 'keys', 'reply'] as const) {
    const data = whole[name] as Uint8Array<ArrayBuffer>
    for (let at = 0; at < data.length; at += 1) {
      const changed = data.slice()
      changed[at] = (changed[at] as number) ^ (1 << (at % 8))
      const report = await checkReceipt({ ...whole, [name]: changed })
      expect(report.holds, `${name} at ${at}: ${hex(changed.slice(at, at + 1))}`).toBe(false)
    }
  }
}, 60_000)
