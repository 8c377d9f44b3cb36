/** What the checks of this page came to, by turn: marks show it, whoever ran the check. */

import { createStore } from 'zustand/vanilla'
import type { Verdict } from './check'

export const verdicts = createStore<ReadonlyMap<string, Verdict>>(() => new Map())

export function setVerdict(turnId: string, verdict: Verdict): void {
  if (verdicts.getState().get(turnId) === verdict) return
  verdicts.setState(new Map([...verdicts.getState(), [turnId, verdict]]), true)
}
