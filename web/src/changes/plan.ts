/** The plan of a canary, from what a person fills in: shares in percent, soak time, users. */

import type { PlanStepWish } from '@/core/wire'
import { FULL } from '@/proof/governance/statement'

/** Units of soak time, in seconds. */
export const SOAK_UNITS = { s: 1, m: 60, h: 3_600, d: 86_400 } as const
const SOAK = /^(\d{1,6})\s*([smhd])$/
const PERCENT = /^(?:100|\d{1,2}(?:\.\d{1,2})?)$/

/** Returns a share in basis points, null for what is no percentage above 0. */
export function shareOf(text: string): number | null {
  const share = PERCENT.test(text.trim()) ? Math.round(Number(text) * 100) : 0
  return share > 0 ? share : null
}

/** Returns `30m`, `4h` and the like in seconds, null for what is none. */
export function soakOf(text: string): number | null {
  const [, count, unit] = SOAK.exec(text.trim()) ?? []
  return count === undefined ? null : Number(count) * SOAK_UNITS[unit as keyof typeof SOAK_UNITS]
}

/** Returns the steps from the first share over `later` to everybody; null where the shares do not rise. */
export function stepsOf(first: number, later: string, soakS: number, users: number): PlanStepWish[] | null {
  const parts = later.split(/[,，\s]+/).filter((part) => part !== '')
  const shares = [first, ...parts.map((part) => shareOf(part) ?? 0)]
  if (!shares.every((share, at) => share > (shares[at - 1] ?? 0) && share < FULL)) return null
  return [...shares, FULL].map((share_bp) => ({ share_bp, soak_s: share_bp === FULL ? 0 : soakS, users }))
}
