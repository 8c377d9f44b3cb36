/**
 * A session that ended while somebody was at work: the page stays as it is, and asks for the password.
 *
 * * Any call that meets a 401 opens the question, once, if somebody was signed in here.
 * * What was under way may wait for the answer: `await signedInAgain()`, and go on where it stopped.
 */

import { createStore } from 'zustand/vanilla'
import { onSignedOut } from './api'
import type { Session } from './wire'

export interface Expiry {
  /** Who is signed in here, null for nobody. */
  readonly person: Session | null
  readonly isEnded: boolean
}

export const expiry = createStore<Expiry>()(() => ({ person: null, isEnded: false }))

/** Says who is signed in here; whoever waits goes on. */
export function holdSession(person: Session | null): void {
  expiry.setState({ person, isEnded: false })
  answer(person !== null)
}

/** Leaves the question unanswered; whoever waits gives up, and the next 401 asks again. */
export function leaveSignedOut(): void {
  expiry.setState({ isEnded: false })
  answer(false)
}

const waiting = new Set<(isSignedIn: boolean) => void>()

function answer(isSignedIn: boolean): void {
  for (const resolve of waiting) resolve(isSignedIn)
  waiting.clear()
}

/** Resolves once the person answered: true when they are signed in again, false when they left it. */
export function signedInAgain(): Promise<boolean> {
  if (!expiry.getState().isEnded) return Promise.resolve(expiry.getState().person !== null)
  return new Promise((resolve) => waiting.add(resolve))
}

onSignedOut(() => {
  if (expiry.getState().person !== null) expiry.setState({ isEnded: true })
})
