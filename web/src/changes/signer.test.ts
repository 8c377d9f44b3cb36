// @vitest-environment node
import { p256 } from '@noble/curves/nist.js'
import { describe, expect, it } from 'vitest'
import type { PasskeyBody } from '@/core/wire'
import { type Bytes, base64 } from '@/proof/bytes'
import type { JsonObject } from '@/proof/canonical'
import type { Role, RootDocument } from '@/proof/governance/root'
import { seedOf, soloRoot } from '@/proof/governance/testing'
import { signerOf } from './signer'
import { rootWith } from './testing'

const HERE = 'https://verax.test'

function passkey(id: string): PasskeyBody {
  const body = { id, name: id, code: 'aaaa-bbbb-cccc-dddd', record: {}, can_be_backed_up: false }
  return { ...body, key_id: id, person: null, roles: [], created_ms: 1 }
}

/** A root document that names the passkey `phone` of ann in these roles, beside her key of the command line. */
function rootNaming(...roles: Role[]): RootDocument {
  const { keys, roles: held } = soloRoot([]) as { keys: JsonObject; roles: Record<string, JsonObject> }
  const material = base64(p256.getPublicKey(seedOf('phone'), false) as Bytes)
  const phone = { person: 'ann', kind: 'passkey', material, rp_id: 'verax.test', origins: [HERE] }
  const named = roles.map((role) => [role, { ...held[role], keys: ['key_ann', 'phone'] }])
  return rootWith({}, { keys: { ...keys, phone }, roles: { ...held, ...Object.fromEntries(named) } })
}

describe('what the passkeys at a browser may sign', () => {
  it('is what the root document gives those very keys', () => {
    const found = signerOf(rootNaming('author', 'reviewer'), [passkey('phone'), passkey('tablet')], HERE)
    expect(found).toEqual({
      persons: new Set(['ann']),
      roles: new Set(['author', 'reviewer']),
      lack: null,
      origins: [HERE],
    })
  })

  it('is nothing that only another key of the same person may', () => {
    const found = signerOf(rootNaming('author'), [passkey('phone')], HERE)
    expect(found.roles).toEqual(new Set(['author']))
    expect(signerOf(rootNaming(), [passkey('phone')], HERE)).toMatchObject({
      persons: new Set(['ann']),
      roles: new Set(),
      lack: 'role',
    })
  })

  it('is nothing without a passkey, without a root document, or where it does not name them', () => {
    expect(signerOf(rootNaming('reviewer'), [], HERE).lack).toBe('passkey')
    expect(signerOf(rootNaming('reviewer'), [passkey('tablet')], HERE).lack).toBe('name')
    expect(signerOf(null, [passkey('phone')], HERE)).toMatchObject({ lack: 'name', roles: new Set() })
  })

  it('is nothing on a page at another address, and says at which', () => {
    const found = signerOf(rootNaming('reviewer'), [passkey('phone')], 'http://localhost:8420')
    expect(found).toEqual({ persons: new Set(['ann']), roles: new Set(), lack: 'address', origins: [HERE] })
  })
})
