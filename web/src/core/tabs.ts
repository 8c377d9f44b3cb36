/** What the tabs of one browser tell each other, so that a list in one is right after a change in another. */

export type TabMessage =
  /** Conversations were made, changed or erased; `id` where it was one, and what is in it changed. */
  | { readonly type: 'conversations'; readonly id?: string }
  /** Somebody signed in, out, or as somebody else; empty for nobody. */
  | { readonly type: 'session'; readonly userId: string }

type Listener = (message: TabMessage) => void

const NAME = 'verax'
const channel = typeof BroadcastChannel === 'undefined' ? null : new BroadcastChannel(NAME)

/** Tells every other tab. */
export function tellTabs(message: TabMessage): void {
  channel?.postMessage(message)
}

/** Calls `listener` with what another tab told; returns the way to stop. */
export function onTabMessage(listener: Listener): () => void {
  if (channel === null) return () => {}
  const hear = (event: MessageEvent<unknown>) => {
    if (isTabMessage(event.data)) listener(event.data)
  }
  channel.addEventListener('message', hear)
  return () => channel.removeEventListener('message', hear)
}

// A tab that still runs an older build may say something else.
function isTabMessage(data: unknown): data is TabMessage {
  if (typeof data !== 'object' || data === null || !('type' in data)) return false
  return data.type === 'conversations' || (data.type === 'session' && 'userId' in data)
}
