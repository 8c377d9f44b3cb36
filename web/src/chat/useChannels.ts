import { useQuery } from '@tanstack/react-query'
import { useStore } from 'zustand'
import { requestJson } from '@/core/api'
import { preferences } from '@/core/preferences'
import type { Model, ModelList } from '@/core/wire'
import { keys } from '@/queries'

export interface Channels {
  readonly all: readonly Model[]
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
  const usual = all.find(({ id }) => id === chosen) ?? all.find(answers) ?? all[0]
  return { all, usual: usual?.id ?? '', error }
}

/** Whether a channel answers at all. */
export function answers({ verax }: Model): boolean {
  return verax.release !== null && !verax.frozen
}
