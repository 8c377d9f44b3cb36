/**
 * Documents on their way into a collection: files that are sent and pages that the server fetches.
 *
 * * One after the other; what is in a document, and what is wrong with it, the server says.
 * * They go on while other pages of the app are open.
 * * A server that says when to come back is asked again then, so a large folder takes as long as it must.
 */

import { createStore, type StoreApi } from 'zustand/vanilla'
import { ApiError } from './api'
import { addPage, type Label, type SourceFile, sendDocument } from './collections'
import { signedInAgain } from './expiry'
import { randomId } from './random'
import type { DocumentAdded } from './wire'

export interface Addition {
  readonly key: string
  /** Path of the file or address of the page. */
  readonly source: string
  readonly stage: 'waiting' | 'sending' | 'reading' | 'taken' | 'refused'
  /** What has left this machine, from 0 to 1. */
  readonly progress: number
  readonly document: DocumentAdded | null
  readonly error: ApiError | null
}

export interface AdditionParts {
  readonly sendFile: typeof sendDocument
  readonly addPage: typeof addPage
  /** Resolves with true once somebody is signed in again, with false when they will not. */
  readonly whenSignedIn: () => Promise<boolean>
  /** Resolves after this many seconds. */
  readonly wait: (seconds: number) => Promise<void>
}

interface Job {
  readonly wanted: SourceFile | { readonly url: string }
  readonly label: Label
  readonly limitBytes: number
  readonly abort: AbortController
}

const REAL_PARTS: AdditionParts = {
  sendFile: sendDocument,
  addPage,
  whenSignedIn: signedInAgain,
  wait: (seconds) => new Promise((resolve) => setTimeout(resolve, seconds * 1000)),
}

export class Additions {
  readonly state: StoreApi<{ readonly all: readonly Addition[] }> = createStore(() => ({ all: [] }))
  private readonly collectionId: string
  private readonly parts: AdditionParts
  private readonly jobs = new Map<string, Job>()
  private line: Promise<void> = Promise.resolve()

  constructor(collectionId: string, parts: AdditionParts = REAL_PARTS) {
    this.collectionId = collectionId
    this.parts = parts
  }

  get all(): readonly Addition[] {
    return this.state.getState().all
  }

  /** Sends files; those that are larger than the server takes are refused here. */
  addFiles(files: readonly SourceFile[], label: Label, limitBytes: number): void {
    for (const wanted of files) this.begin(wanted.source, { wanted, label, limitBytes })
  }

  addPage(url: string, label: Label): void {
    this.begin(url, { wanted: { url }, label, limitBytes: 0 })
  }

  /** Tries once more what was refused. */
  again(key: string): void {
    if (!this.jobs.has(key)) return
    this.change(key, { error: null, progress: 0, stage: 'waiting' })
    this.queue(key)
  }

  /** Takes something off the list; what is on its way is called off. */
  remove(key: string): void {
    this.jobs.get(key)?.abort.abort()
    this.jobs.delete(key)
    this.state.setState(({ all }) => ({ all: all.filter((addition) => addition.key !== key) }))
  }

  /** Takes off the list whatever has come to an end. */
  clear(): void {
    for (const { key, stage } of this.all) if (stage === 'taken' || stage === 'refused') this.remove(key)
  }

  private begin(source: string, job: Omit<Job, 'abort'>): void {
    const key = randomId()
    this.jobs.set(key, { ...job, abort: new AbortController() })
    const added: Addition = { key, source, stage: 'waiting', progress: 0, document: null, error: null }
    this.state.setState(({ all }) => ({ all: [...all, added] }))
    this.queue(key)
  }

  private queue(key: string): void {
    this.line = this.line.then(() => this.run(key))
  }

  private async run(key: string): Promise<void> {
    const job = this.jobs.get(key)
    if (job === undefined) return
    try {
      const document = await this.sendWhenPossible(key, job)
      this.jobs.delete(key)
      this.change(key, { document, progress: 1, stage: 'taken' })
    } catch (error) {
      if (job.abort.signal.aborted) return
      if (!(error instanceof ApiError)) throw error
      this.change(key, { error, stage: 'refused' })
    }
  }

  private async sendWhenPossible(key: string, job: Job): Promise<DocumentAdded> {
    for (;;) {
      try {
        return await this.send(key, job)
      } catch (error) {
        if (!(error instanceof ApiError)) throw error
        if (error.status === 401) {
          if (!(await this.parts.whenSignedIn())) throw error
        } else if (error.status === 429 && error.retryAfterS !== null) {
          this.change(key, { stage: 'waiting', progress: 0 })
          await this.parts.wait(error.retryAfterS)
          job.abort.signal.throwIfAborted()
        } else throw error
      }
    }
  }

  private send(key: string, { wanted, label, limitBytes, abort }: Job): Promise<DocumentAdded> {
    if ('url' in wanted) {
      this.change(key, { stage: 'reading' })
      return this.parts.addPage(this.collectionId, wanted.url, label, abort.signal)
    }
    if (wanted.file.size > limitBytes) {
      return Promise.reject(
        new ApiError(413, 'request/body-too-large', 'the file is larger than this server takes'),
      )
    }
    this.change(key, { stage: 'sending' })
    const tell = (progress: number) =>
      this.change(key, { progress, stage: progress < 1 ? 'sending' : 'reading' })
    return this.parts.sendFile(this.collectionId, wanted, label, tell, abort.signal)
  }

  private change(key: string, changes: Partial<Addition>): void {
    this.state.setState(({ all }) => ({
      all: all.map((addition) => (addition.key === key ? { ...addition, ...changes } : addition)),
    }))
  }
}

const known = new Map<string, Additions>()

/** What is on its way into a collection, the same for whoever asks. */
export function additionsOf(collectionId: string): Additions {
  const found = known.get(collectionId) ?? new Additions(collectionId)
  known.set(collectionId, found)
  return found
}
