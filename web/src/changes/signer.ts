/** What the passkeys of the person at this browser may sign, by the root document in force. */

import type { PasskeyBody } from '@/core/wire'
import { ROLES, type Role, type RootDocument } from '@/proof/governance/root'

/**
 * Why nothing can be signed here: there is no passkey, the root document names none of them (not yet, or no longer),
 * it names them for another address than this page has, or it gives them no role that people have.
 */
export type Lack = 'passkey' | 'name' | 'address' | 'role'

/** What the person at this browser may sign, as the root document in force has it. */
export interface Signer {
  /** Who the passkeys are, under whatever address. */
  readonly persons: ReadonlySet<string>
  readonly roles: ReadonlySet<Role>
  readonly lack: Lack | null
  /** Where the passkeys that the root names sign. */
  readonly origins: readonly string[]
  /** False while it is not known, too. */
  readonly mayDraft: boolean
}

/** What passkeys may sign on a page at `origin`: only those that the root document names count, each in its own roles. */
export function signerOf(
  root: RootDocument | null,
  passkeys: readonly PasskeyBody[],
  origin: string,
): Omit<Signer, 'mayDraft'> {
  const named = passkeys.flatMap(({ key_id }) => {
    const key = root?.keys.get(key_id)
    return key?.kind === 'passkey' ? [{ id: key_id, person: key.person, origins: key.origins }] : []
  })
  const here = named.filter(({ origins }) => origins.includes(origin))
  const roles = ROLES.filter((role) => here.some(({ id }) => root?.roles[role].keys.includes(id)))
  return {
    persons: new Set(named.map(({ person }) => person)),
    roles: new Set(roles),
    lack: lackOf(passkeys.length, named.length, here.length, roles),
    origins: [...new Set(named.flatMap(({ origins }) => origins))].sort(),
  }
}

function lackOf(enrolled: number, named: number, here: number, roles: readonly Role[]): Lack | null {
  if (enrolled === 0) return 'passkey'
  if (named === 0) return 'name'
  if (here === 0) return 'address'
  return roles.length === 0 ? 'role' : null
}
