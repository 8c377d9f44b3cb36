/**
 * Where the files of an installation's logs are read: a path below its address to bytes.
 *
 * No credentials go along: a log must look the same to everybody, and who asks is nobody's business. Only blobs of
 * channels that are not public take an account (ADR 0057); for those, and no others, the session is shown.
 */

import type { Bytes } from '../bytes'
import { digestOf } from '../hash'
import { Refused } from '../refused'

/** Returns the bytes of a file, or null where there is none. */
export type ReadFile = (path: string) => Promise<Bytes | null>

/**
 * Read over HTTP. Tiles and blobs never change and may come from the browser's cache; a checkpoint never. A blob
 * that this reader may not see is not there.
 */
export function httpSource(fetch: typeof globalThis.fetch, base = ''): ReadFile {
  const ask = (path: string, credentials: RequestCredentials) => {
    const isFixed = path.includes('/tile/') || path.includes('/blob/')
    return reach(() => fetch(`${base}/${path}`, { credentials, cache: isFixed ? 'default' : 'no-store' }))
  }
  return async (path) => {
    let response = await ask(path, 'omit')
    const isBlob = path.includes('/blob/')
    if (response.status === 401 && isBlob) response = await ask(path, 'same-origin')
    if (response.status === 404 || (response.status === 401 && isBlob)) return null
    if (!response.ok)
      throw new Refused('log/unreachable', `The server answered ${response.status} for ${path}.`)
    const found = response
    return new Uint8Array(await reach(() => found.arrayBuffer()))
  }
}

async function reach<T>(ask: () => Promise<T>): Promise<T> {
  try {
    return await ask()
  } catch (error) {
    throw new Refused(
      'log/unreachable',
      `The server cannot be reached: ${error instanceof Error ? error.message : error}`,
    )
  }
}

/** Return a file that must be there. */
export async function readFile(read: ReadFile, path: string): Promise<Bytes> {
  const data = await read(path)
  if (data === null) throw new Refused('log/missing', `The server does not hold ${path}.`)
  return data
}

/** Return blobs by digest; bytes of another digest are not there. What was read once is kept. */
export function blobsOf(read: ReadFile): (digest: string) => Promise<Bytes | null> {
  const kept = new Map<string, Promise<Bytes | null>>()
  const fetchBlob = async (digest: string) => {
    const data = await read(`log/blob/${digest}`)
    return data && digestOf(data) === digest ? data : null
  }
  return (digest) => {
    const found = kept.get(digest) ?? fetchBlob(digest)
    kept.set(digest, found)
    // What could not be read may be there later.
    found.then(
      (data) => data ?? kept.delete(digest),
      () => kept.delete(digest),
    )
    return found
  }
}
