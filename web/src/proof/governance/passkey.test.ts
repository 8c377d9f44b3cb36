// @vitest-environment node
import { afterEach, describe, expect, test, vi } from 'vitest'
import { fromBase64 } from '../bytes'
import { loadVectors } from '../vectors'
import { isAsserted } from './passkey'
import type { Passkey } from './root'

interface PasskeyVector {
  name: string
  key: { person: string; material: string; rp_id: string; origins: string[]; device_bound?: boolean }
  digest: string
  authenticator_data: string
  client_data_json: string
  sig: string
  valid: boolean
}

const VECTORS = loadVectors<PasskeyVector>('passkeys')

function judge({ key, digest, ...rest }: PasskeyVector): Promise<boolean> {
  const passkey: Passkey = { ...key, kind: 'passkey', material: fromBase64(key.material) }
  const assertion = {
    authenticatorData: fromBase64(rest.authenticator_data),
    clientDataJson: fromBase64(rest.client_data_json),
  }
  return isAsserted(passkey, fromBase64(digest), assertion, fromBase64(rest.sig))
}

afterEach(() => vi.unstubAllGlobals())

describe('passkeys are judged as the kernel judges them', () => {
  test.each(VECTORS)('$name: $valid', async (vector) => {
    expect(await judge(vector)).toBe(vector.valid)
  })

  test('also where there is no WebCrypto', async () => {
    vi.stubGlobal('crypto', {})
    const found = await Promise.all(VECTORS.map(judge))
    expect(found).toEqual(VECTORS.map(({ valid }) => valid))
    expect(found.filter(Boolean).length).toBeGreaterThan(5)
  })
})
