/**
 * The conversations that this page has open: the one that is shown, the one that is new, and some that were
 * shown before, so that going back is instant.
 */

import { OpenConversation } from './conversation'
import { signedInAgain } from './expiry'
import { onTabMessage, tellTabs } from './tabs'

const MOST_KEPT = 6

const open = new Map<string, OpenConversation>()
let fresh: OpenConversation | null = null

type Listener = (conversation: OpenConversation) => void
const listeners = new Set<Listener>()

/** Calls `listener` when something changed that lists of conversations show; returns the way to stop. */
export function onConversationChange(listener: Listener): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

/** The conversation with an id; with none, the one that is new. */
export function conversationOf(id: string): OpenConversation {
  if (id === '') {
    fresh ??= make('')
    return fresh
  }
  const found = open.get(id) ?? make(id)
  keep(id, found)
  return found
}

/** Takes over what other tabs of this browser did, and what happened while the window was left; returns the way to stop. */
export function followConversation(conversation: OpenConversation): () => void {
  const refresh = () => {
    if (document.visibilityState === 'visible') void conversation.refresh()
  }
  const stop = onTabMessage((message) => {
    if (message.type === 'conversations' && message.id === conversation.now.id) void conversation.refresh()
  })
  document.addEventListener('visibilitychange', refresh)
  window.addEventListener('focus', refresh)
  window.addEventListener('online', refresh)
  return () => {
    stop()
    document.removeEventListener('visibilitychange', refresh)
    window.removeEventListener('focus', refresh)
    window.removeEventListener('online', refresh)
  }
}

function make(id: string): OpenConversation {
  return new OpenConversation(id, { whenSignedIn: signedInAgain, onChange: changed })
}

function changed(conversation: OpenConversation): void {
  const { id } = conversation.now
  if (conversation === fresh && id !== '') {
    fresh = null
    keep(id, conversation)
  }
  for (const listener of listeners) listener(conversation)
  tellTabs({ type: 'conversations', id })
}

function keep(id: string, conversation: OpenConversation): void {
  open.delete(id)
  open.set(id, conversation)
  const [oldest] = open.keys()
  if (open.size > MOST_KEPT && oldest !== undefined) {
    open.get(oldest)?.leave()
    open.delete(oldest)
  }
}
