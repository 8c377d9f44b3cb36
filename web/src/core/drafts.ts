/**
 * What was written and not sent: kept in this browser for each account and conversation until it is sent.
 *
 * The oldest drafts go when there are many. A text too long to be kept is lost with the page, as in any field.
 */

import type { Attachment } from './wire'

export interface Draft {
  readonly text: string
  /** Files that the server has already. */
  readonly attachments: readonly Attachment[]
}

export const NO_DRAFT: Draft = { text: '', attachments: [] }

const MOST_DRAFTS = 40
const LONGEST = 200_000
const PREFIX = 'verax.drafts.'

interface Kept extends Draft {
  readonly key: string
}

/** Drafts of one account. */
export class Drafts {
  private readonly name: string

  constructor(userId: string) {
    this.name = PREFIX + userId
  }

  read(key: string): Draft {
    return this.all().find((draft) => draft.key === key) ?? NO_DRAFT
  }

  /** Keeps a draft; an empty one is forgotten. */
  write(key: string, { text, attachments }: Draft): void {
    const others = this.all().filter((draft) => draft.key !== key)
    const isKept = (text !== '' || attachments.length > 0) && text.length <= LONGEST
    const all = isKept ? [...others, { key, text, attachments }] : others
    this.store(all.slice(-MOST_DRAFTS))
  }

  private all(): readonly Kept[] {
    try {
      const read: unknown = JSON.parse(localStorage.getItem(this.name) ?? '[]')
      return Array.isArray(read) ? read.filter(isKept) : []
    } catch {
      return []
    }
  }

  private store(all: readonly Kept[]): void {
    try {
      if (all.length === 0) localStorage.removeItem(this.name)
      else localStorage.setItem(this.name, JSON.stringify(all))
    } catch {
      // The place is full: older drafts make room, and the last one is given up.
      if (all.length > 0) this.store(all.slice(Math.ceil(all.length / 2)))
    }
  }
}

/** Forgets all drafts of everybody in this browser. */
export function forgetDrafts(): void {
  for (const name of Object.keys(localStorage)) if (name.startsWith(PREFIX)) localStorage.removeItem(name)
}

function isKept(value: unknown): value is Kept {
  if (typeof value !== 'object' || value === null) return false
  const { key, text, attachments } = value as Record<string, unknown>
  return typeof key === 'string' && typeof text === 'string' && Array.isArray(attachments)
}
