/** Requests that may be repeated: tried again when the network breaks, and when the person had to sign in. */

import { ApiError } from './api'

const WAITS_MS = [400, 1200, 3000]

/** Sends a request that does no harm twice; rejects with the last `ApiError`. */
export async function sendAgain<T>(send: () => Promise<T>, whenSignedIn: () => Promise<boolean>): Promise<T> {
  for (let failures = 0; ; ) {
    try {
      return await send()
    } catch (error) {
      if (!(error instanceof ApiError)) throw error
      if (error.status === 401) {
        if (!(await whenSignedIn())) throw error
        continue
      }
      const wait = WAITS_MS[failures++]
      if (error.status !== 0 || wait === undefined) throw error
      await new Promise((resolve) => setTimeout(resolve, wait))
    }
  }
}
