/** The cache of what the server said. Refusals are not repeated; a lost connection is, twice. */

import { QueryClient } from '@tanstack/react-query'
import { ApiError } from '@/core/api'

export const queries = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 15_000,
      retry: (count, error) =>
        count < 2 && error instanceof ApiError && (error.status === 0 || error.status >= 502),
      refetchOnWindowFocus: true,
    },
    mutations: { retry: false },
  },
})

/** Names of what more than one area reads; the first word alone stands for all that begin with it. */
export const keys = {
  session: ['session'],
  site: ['site'],
  account: ['account'],
  apiKeys: ['api-keys'],
  sessions: ['sessions'],
  passkeys: ['passkeys'],
  drafts: ['drafts'],
  draft: (id: string) => ['draft', id],
  licences: ['licences'],
  conversations: ['conversations'],
  conversationList: (isArchived: boolean) => ['conversations', { isArchived }],
  conversation: (id: string) => ['conversation', id],
  search: ['search'],
  searchFor: (text: string) => ['search', text],
  collections: ['collections'],
  collectionList: ['collections', 'list'],
  collection: (id: string) => ['collections', 'one', id],
  channels: ['channels'],
  gates: (change: string) => ['gates', change],
  preview: (change: string) => ['preview', change],
  rollout: (channel: string) => ['rollout', channel],
  signals: (channel: string) => ['signals', channel],
  admin: (part: string) => ['admin', part],
} as const
