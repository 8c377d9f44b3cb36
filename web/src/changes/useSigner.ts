import { useQuery } from '@tanstack/react-query'
import type { State } from '@/proof/governance/state'
import { keys } from '@/queries'
import { useSession } from '@/shell/useSession'
import { listPasskeys } from '@/signing/draft-calls'
import { type Signer, signerOf } from './signer'

/** Roles of accounts to whom the server opens drafts; whether a signature counts is the root document's business. */
const DRAFTING: readonly string[] = ['owner', 'author', 'reviewer', 'operator', 'guardian']

/** Reads the person's passkeys, and from the folded root document what they are good for on this page. */
export function useSigner(state: State): Signer {
  const account = useSession().data?.roles ?? []
  const mayDraft = account.some((role) => DRAFTING.includes(role))
  const { data } = useQuery({
    queryKey: keys.passkeys,
    queryFn: ({ signal }) => listPasskeys(signal),
    enabled: mayDraft,
  })
  const found = signerOf(state.root, data?.data ?? [], window.location.origin)
  return { ...found, mayDraft: mayDraft && data !== undefined }
}
