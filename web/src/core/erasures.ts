/**
 * Erasures that were confirmed and can still be undone. An erasure cannot be taken back once the server has
 * carried it out (clause 14 of the protocol), so undoing is possible only before: it waits here.
 *
 * * An erasure is carried out when its time is up, or at once when its tab is closed: whoever confirmed it may
 *   rely on it.
 * * It also stands in local storage until the server has confirmed it: a browser that crashes, or is offline,
 *   carries it out when the app is opened again by the same person.
 * * Until then the lists leave the conversation out, in every tab.
 * * While the server cannot be reached it is tried again and again; anything that the server refuses ends the
 *   waiting, the conversation is back in the list, and `onErasureEnd` tells.
 */

import { createStore } from 'zustand/vanilla'
import { ApiError } from './api'
import { eraseConversation } from './conversations'
import { tellTabs } from './tabs'

export const UNDO_MS = 10_000
/** What another tab began is carried out here only when that tab is late. */
const GRACE_MS = 3_000
const RETRY_MS = 15_000
const NAME = 'verax.erasures'

export interface Erasure {
  readonly id: string
  readonly title: string
  readonly userId: string
  readonly dueMs: number
}

interface Erasures {
  readonly waiting: readonly Erasure[]
}

export const erasures = createStore<Erasures>()(() => ({ waiting: stored() }))

/** Those that this tab began. */
const own = new Set<string>()
/** Those that the server has been asked to erase and has not answered. */
const asked = new Set<string>()
const timers = new Map<string, ReturnType<typeof setTimeout>>()

type Listener = (erasure: Erasure, error: unknown) => void
const listeners = new Set<Listener>()

/**
 * Calls `listener` when the server has carried one out, with null, or has refused to, with the error; the
 * conversation is still left out of the lists then. Returns the way to stop.
 */
export function onErasureEnd(listener: Listener): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

/** Erases conversations in a while, unless that is undone. */
export function eraseSoon(
  conversations: readonly { readonly id: string; readonly title: string }[],
  userId: string,
  nowMs: number = Date.now(),
): void {
  const added = conversations.map(({ id, title }) => ({ id, title, userId, dueMs: nowMs + UNDO_MS }))
  for (const { id } of added) own.add(id)
  write([...stored(), ...added])
  for (const erasure of added) start(erasure, UNDO_MS)
}

/** Takes erasures back that have not been carried out; the others stay as they are. */
export function undoErasures(ids: readonly string[]): void {
  for (const id of ids) forget(id)
  write(stored().filter(({ id }) => !ids.includes(id)))
}

/** Carries erasures out now, and waits until the server has said what came of it. */
export async function eraseNow(ids: readonly string[]): Promise<void> {
  await Promise.all(stored().map((erasure) => (ids.includes(erasure.id) ? carryOut(erasure) : null)))
}

/** Takes up what is left from before, and follows other tabs; returns the way to stop. */
export function followErasures(userId: string, nowMs: number = Date.now()): () => void {
  const takeUp = () => {
    erasures.setState({ waiting: stored() })
    for (const erasure of stored()) {
      if (erasure.userId !== userId || timers.has(erasure.id)) continue
      start(erasure, Math.max(0, erasure.dueMs - nowMs) + (own.has(erasure.id) ? 0 : GRACE_MS))
    }
  }
  const hear = (event: StorageEvent) => {
    if (event.key === NAME) takeUp()
  }
  const leave = () => {
    // The answer will not be seen: what is stored is asked for again, and "it is gone" is then the answer.
    for (const { id } of stored()) if (own.has(id)) void eraseConversation(id, true).catch(() => {})
  }
  takeUp()
  window.addEventListener('storage', hear)
  window.addEventListener('pagehide', leave)
  return () => {
    window.removeEventListener('storage', hear)
    window.removeEventListener('pagehide', leave)
    for (const id of [...timers.keys()]) forget(id)
  }
}

function start(erasure: Erasure, delayMs: number): void {
  timers.set(
    erasure.id,
    setTimeout(() => void carryOut(erasure), delayMs),
  )
}

async function carryOut(erasure: Erasure): Promise<void> {
  forget(erasure.id)
  if (asked.has(erasure.id) || !stored().some(({ id }) => id === erasure.id)) return
  asked.add(erasure.id)
  let failure: unknown = null
  try {
    await eraseConversation(erasure.id)
  } catch (error) {
    if (error instanceof ApiError && error.status === 0) return start(erasure, RETRY_MS)
    failure = error
  } finally {
    asked.delete(erasure.id)
  }
  for (const listener of listeners) listener(erasure, failure)
  write(stored().filter(({ id }) => id !== erasure.id))
  tellTabs({ type: 'conversations' })
}

function forget(id: string): void {
  clearTimeout(timers.get(id))
  timers.delete(id)
  own.delete(id)
}

function write(waiting: readonly Erasure[]): void {
  localStorage.setItem(NAME, JSON.stringify(waiting))
  erasures.setState({ waiting })
}

function stored(): readonly Erasure[] {
  try {
    const found: unknown = JSON.parse(localStorage.getItem(NAME) ?? '[]')
    return Array.isArray(found) ? found.filter(isErasure) : []
  } catch {
    return []
  }
}

function isErasure(value: unknown): value is Erasure {
  if (typeof value !== 'object' || value === null) return false
  const { id, title, userId, dueMs } = value as Partial<Record<keyof Erasure, unknown>>
  return [id, title, userId].every((text) => typeof text === 'string') && typeof dueMs === 'number'
}
