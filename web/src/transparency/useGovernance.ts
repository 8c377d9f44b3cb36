import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useCallback } from 'react'
import { browserClient } from '@/proof/browser'
import { fromUtf8 } from '@/proof/bytes'
import { parseRelease, type Release } from '@/proof/prompt/release'
import { Refused } from '@/proof/refused'

const REFRESH_MS = 30_000
const GOVERNANCE = ['proof', 'governance']

/** The governance log, read whole and folded in this browser; what is new is read again and again. */
export function useGovernance() {
  return useQuery({
    queryKey: GOVERNANCE,
    queryFn: () => browserClient().whole(),
    staleTime: REFRESH_MS,
    refetchInterval: REFRESH_MS,
    structuralSharing: false,
    retry: false,
  })
}

/** Returns a function that reads on in the log at once, because something was just signed into it. */
export function useReadOn(): () => Promise<void> {
  const client = useQueryClient()
  return useCallback(() => client.invalidateQueries({ queryKey: GOVERNANCE }), [client])
}

/** A published release; null where it cannot be read from here, or is none. */
export function useRelease(id: string | null) {
  return useQuery({
    queryKey: ['proof', 'release', id],
    queryFn: () => (id === null ? null : readRelease(id)),
    staleTime: Number.POSITIVE_INFINITY,
    structuralSharing: false,
    retry: false,
  })
}

async function readRelease(id: string): Promise<Release | null> {
  const data = await browserClient().blobs(id)
  try {
    return data === null ? null : parseRelease(data)
  } catch (error) {
    if (error instanceof Refused) return null
    throw error
  }
}

/** A text that an entry refers to by its digest: a reason, a report; null where it is gone or closed. */
export function useBlobText(digest: string) {
  return useQuery({
    queryKey: ['proof', 'text', digest],
    queryFn: async () => {
      const data = await browserClient().blobs(digest)
      return data === null ? null : textOf(data)
    },
    staleTime: Number.POSITIVE_INFINITY,
    retry: false,
  })
}

function textOf(data: Parameters<typeof fromUtf8>[0]): string | null {
  try {
    return fromUtf8(data)
  } catch {
    return null
  }
}
