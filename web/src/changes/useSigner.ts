import { useQuery } from '@tanstack/react-query'
import type { PasskeyBody } from '@/core/wire'
import { personsOf, ROLES, type Role, type RootDocument } from '@/proof/governance/root'
import type { State } from '@/proof/governance/state'
import { keys } from '@/queries'
import { useSession } from '@/shell/useSession'
import { listPasskeys } from '@/signing/draft-calls'

/** Roles of accounts to whom the server opens drafts; whether a signature counts is the root document's business. */
const DRAFTING: readonly string[] = ['owner', 'author', 'reviewer', 'operator', 'guardian']

/** What the person at this browser may sign, as the root document in force has it. */
export interface Signer {
  readonly persons: ReadonlySet<string>
  readonly roles: ReadonlySet<Role>
  /** False while it is not known, too. */
  readonly mayDraft: boolean
}

/** Reads the person's passkeys, and from the folded root document what they are good for. */
export function useSigner(state: State): Signer {
  const account = useSession().data?.roles ?? []
  const mayDraft = account.some((role) => DRAFTING.includes(role))
  const { data } = useQuery({
    queryKey: keys.passkeys,
    queryFn: ({ signal }) => listPasskeys(signal),
    enabled: mayDraft,
  })
  return { ...signerOf(state.root, data?.data ?? []), mayDraft: mayDraft && data !== undefined }
}

/** What passkeys may sign: only those that the root document names, with the same material, count. */
export function signerOf(
  root: RootDocument | null,
  passkeys: readonly PasskeyBody[],
): Omit<Signer, 'mayDraft'> {
  const persons = passkeys.flatMap(({ key_id }) => root?.keys.get(key_id)?.person ?? [])
  const roles = ROLES.filter((role) => root !== null && persons.some((one) => personsOf(root, role).has(one)))
  return { persons: new Set(persons), roles: new Set(roles) }
}
