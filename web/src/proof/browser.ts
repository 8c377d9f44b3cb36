/** The light client of this installation, in this browser: one for the whole page. */

import { LightClient } from './client/light-client'
import { type PinStore, type TextStore, textPins } from './client/pins'
import { httpSource } from './client/source'

const SLICE_MS = 8

let client: LightClient | undefined

export function browserClient(): LightClient {
  client ??= new LightClient({
    read: httpSource((path, options) => fetch(path, options)),
    pins: browserPins(),
    nowMs: () => Date.now(),
    pause: slices(SLICE_MS, () => performance.now(), nextTask),
  })
  return client
}

/** Lets others have the thread whenever a slice of it was used up. */
export function slices(
  budgetMs: number,
  nowMs: () => number,
  next: () => Promise<void>,
): () => Promise<void> {
  let startMs = nowMs()
  return async () => {
    if (nowMs() - startMs < budgetMs) return
    await next()
    startMs = nowMs()
  }
}

// Not a timer: pages in the background get theirs once a second.
function nextTask(): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel()
    port1.onmessage = () => {
      port1.close()
      resolve()
    }
    port2.postMessage(null)
  })
}

/** Pins in this browser's storage; where that is closed to the page they last as long as the page. */
function browserPins(): PinStore {
  try {
    const store = window.localStorage
    store.getItem('')
    return textPins(store)
  } catch {
    return textPins(memoryStore())
  }
}

function memoryStore(): TextStore {
  const kept = new Map<string, string>()
  return {
    getItem: (key) => kept.get(key) ?? null,
    setItem: (key, value) => void kept.set(key, value),
    removeItem: (key) => void kept.delete(key),
  }
}
