/**
 * What was written and not sent: kept in this browser for each account and conversation until it is sent.
 *
 * The oldest drafts go when there are many. A text too long to be kept is lost with the page, as in any field.
 */

import type { AttachmentRef } from './wire'

export interface Draft {
  readonly text: string
  /** Files that the server has already. */
  readonly attachments: readonly AttachmentRef[]
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

const PAUSE_MS = 300

/** Keeps one draft a moment after each change, and at once when it is told to. */
export class DraftKeeper {
  private drafts: Drafts
  private key: string
  private draft: Draft
  private timer: ReturnType<typeof setTimeout> | undefined

  constructor(userId: string, key: string) {
    this.drafts = new Drafts(userId)
    this.key = key
    this.draft = this.drafts.read(key)
  }

  /** The draft as it is now. */
  get now(): Draft {
    return this.draft
  }

  /** Lets the draft belong elsewhere from now on: a new conversation got its id. */
  move(key: string): void {
    if (key === this.key) return
    this.keep()
    this.key = key
  }

  change(changes: Partial<Draft>): void {
    this.draft = { ...this.draft, ...changes }
    clearTimeout(this.timer)
    this.timer = setTimeout(() => this.keep(), PAUSE_MS)
  }

  keep(): void {
    if (this.timer === undefined) return
    clearTimeout(this.timer)
    this.timer = undefined
    this.drafts.write(this.key, this.draft)
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
