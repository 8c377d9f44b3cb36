/** The alarms of the log that are not long ago. */

import type { State } from '@/proof/governance/state'
import { NONE } from '@/proof/governance/statement'

export interface RecentAlarm {
  readonly index: number
  readonly code: string
  /** Null where it is about no single channel. */
  readonly channel: string | null
  readonly lastMs: number
}

/** Returns the alarms that were last raised after a moment, the latest entry first. */
export function alarmsSince(state: State, sinceMs: number): RecentAlarm[] {
  return state.outcomes.toReversed().flatMap(({ index, reason, statement }) => {
    if (reason !== null || statement?.kind !== 'alarm' || statement.last_ms <= sinceMs) return []
    const { code, channel, last_ms } = statement
    return [{ index, code, channel: channel === NONE ? null : channel, lastMs: last_ms }]
  })
}
