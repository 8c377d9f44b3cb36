/** What the child's page keeps on the device: how it looks and sounds, and when Junior opens; nothing that was said. */

import type { ChildView } from '@/core/wire'

const LOOK = 'verax.junior.look'
const LAST = 'verax.junior.last'

export interface Look {
  /** Null: as the age wants it. */
  readonly isMuted: boolean | null
  readonly isEasyType: boolean
  readonly isHighContrast: boolean
}

const USUAL: Look = { isMuted: null, isEasyType: false, isHighContrast: false }

export function readLook(): Look {
  return { ...USUAL, ...read<Partial<Look>>(LOOK) }
}

export function writeLook(look: Look): void {
  write(LOOK, look)
}

/** When Junior opens, as the server said last; for a page that cannot ask it now. */
export interface Last {
  readonly opensMs: number | null
}

export function readLast(): Last | null {
  return read<Last>(LAST)
}

export function keepLast({ standing }: Pick<ChildView, 'standing'>): void {
  write(LAST, { opensMs: standing.opens_ms } satisfies Last)
}

export function forgetLast(): void {
  try {
    localStorage.removeItem(LAST)
  } catch {
    // A browser that keeps nothing has nothing to forget.
  }
}

/** Whether replies are read aloud: small children hear them at once, older ones when they ask. */
export function isReadAloud(look: Look, band: ChildView['band']): boolean {
  return !(look.isMuted ?? band === '8-12')
}

function read<T>(name: string): T | null {
  try {
    return JSON.parse(localStorage.getItem(name) ?? 'null') as T | null
  } catch {
    return null
  }
}

function write(name: string, value: unknown): void {
  try {
    localStorage.setItem(name, JSON.stringify(value))
  } catch {
    // Without a store the page works as well; it begins anew next time.
  }
}
