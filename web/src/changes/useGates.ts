import { type UseQueryResult, useQuery } from '@tanstack/react-query'
import type { ChangeGates } from '@/core/wire'
import { keys } from '@/queries'
import { useSession } from '@/shell/useSession'
import { readGates } from './change-calls'

const RUNNING_MS = 1_000
const RESTING_MS = 15_000
const VIEWING: readonly string[] = ['owner', 'author', 'reviewer', 'operator', 'auditor']
const RUNNING: readonly string[] = ['owner', 'author', 'reviewer', 'operator']

/** Whether suites of a change run or wait for their turn. */
export function isAtWork({ gates }: ChangeGates): boolean {
  return gates.some(({ state }) => state === 'running' || state === 'waiting')
}

export interface Gates {
  readonly query: UseQueryResult<ChangeGates>
  readonly maySee: boolean
  readonly mayRun: boolean
}

/** How far the gates of a change are according to the server, asked again and again while they run. */
export function useGates(change: string): Gates {
  const roles = useSession().data?.roles ?? []
  const maySee = roles.some((role) => VIEWING.includes(role))
  const query = useQuery({
    queryKey: keys.gates(change),
    queryFn: ({ signal }) => readGates(change, signal),
    enabled: maySee,
    refetchInterval: ({ state }) => (state.data && isAtWork(state.data) ? RUNNING_MS : RESTING_MS),
  })
  return { query, maySee, mayRun: roles.some((role) => RUNNING.includes(role)) }
}
