import { useQuery } from '@tanstack/react-query'
import { browserClient } from '@/proof/browser'
import { type ChangeState, type State, statusOf } from '@/proof/governance/state'
import { bansMetBy, type MetBan } from './bans'

/** The bans that an open change meets, looked up here in the folded log; undefined while they are not known. */
export function useBans(state: State, change: ChangeState): readonly MetBan[] | undefined {
  const isOpen = statusOf(state, change) === 'open'
  const { data } = useQuery({
    queryKey: ['proof', 'bans', change.id, state.size],
    queryFn: () => bansMetBy(state, change, browserClient().blobs),
    enabled: isOpen,
    staleTime: Number.POSITIVE_INFINITY,
    retry: false,
  })
  return isOpen ? data : []
}
