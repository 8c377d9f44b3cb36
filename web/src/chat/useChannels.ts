import { useQuery } from '@tanstack/react-query'
import { useStore } from 'zustand'
import { requestJson } from '@/core/api'
import { preferences } from '@/core/preferences'
import type { Model, ModelList } from '@/core/wire'
import { keys } from '@/queries'

const CHILDREN: readonly (string | null)[] = ['2-4', '5-7', '8-12']
const JUNIOR = 'junior/'

export interface Channels {
  readonly all: readonly Model[]
  /** Those that a new conversation can begin on: the channels of children are not for whoever signs in here. */
  readonly offered: readonly Model[]
  /** Where a new conversation begins: the one chosen last, else the first that answers. */
  readonly usual: string
  readonly error: unknown
}

/** The channels that this account may talk to. */
export function useChannels(): Channels {
  const { data, error } = useQuery({
    queryKey: keys.channels,
    queryFn: ({ signal }) => requestJson<ModelList>('/v1/models', { signal }),
    staleTime: 60_000,
  })
  const chosen = useStore(preferences, (state) => state.channel)
  const all = data?.data ?? []
  const offered = all.filter((one) => !isForChildren(one))
  const usual = offered.find(({ id }) => id === chosen) ?? offered.find(answers) ?? offered[0]
  return { all, offered, usual: usual?.id ?? '', error }
}

/** Whether a channel is Junior's, whose page is another one; also before it has a release. */
export function isForChildren({ id, verax }: Model): boolean {
  return id.startsWith(JUNIOR) || CHILDREN.includes(verax.audience)
}

/** Whether a channel answers at all. */
export function answers({ verax }: Model): boolean {
  return verax.release !== null && !verax.frozen
}
