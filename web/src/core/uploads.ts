/**
 * Files on their way to the server, for the message that is being written.
 *
 * * Each is sent as it is, one after the other; what is in it the server says.
 * * A file that was taken off is removed at the server, too, unless a message holds it.
 */

import { createStore, type StoreApi } from 'zustand/vanilla'
import { ApiError, request } from './api'
import { randomId } from './random'
import { sendBytes } from './send-bytes'
import type { Attachment, AttachmentRef } from './wire'

/** Files of one message. */
export const MOST_FILES = 8

export interface Upload {
  readonly key: string
  readonly name: string
  readonly sizeBytes: number
  /** What has left this machine, from 0 to 1. */
  readonly progress: number
  /** What the server took; null while it is on its way. */
  readonly taken: AttachmentRef | null
  /** What will not be read of it, in the server's words. */
  readonly notice: Attachment['notice']
  readonly error: ApiError | null
}

export interface UploadParts {
  /** Resolves with true once somebody is signed in again, with false when they will not. */
  readonly whenSignedIn: () => Promise<boolean>
  readonly send: typeof sendFile
}

interface Job {
  readonly file: Blob
  readonly abort: AbortController
}

export class Uploads {
  readonly state: StoreApi<{ readonly all: readonly Upload[] }> = createStore(() => ({ all: [] }))
  private readonly parts: UploadParts
  private readonly jobs = new Map<string, Job>()
  private line: Promise<void> = Promise.resolve()

  constructor(parts: UploadParts) {
    this.parts = parts
  }

  get all(): readonly Upload[] {
    return this.state.getState().all
  }

  /** Files that a message can hold now. */
  get ready(): readonly AttachmentRef[] {
    return this.all.flatMap(({ taken }) => (taken === null ? [] : [taken]))
  }

  get isSending(): boolean {
    return this.all.some(({ taken, error }) => taken === null && error === null)
  }

  /** Sends files; returns how many there was no room for. */
  add(files: readonly (Blob & { readonly name: string })[]): number {
    const room = Math.max(0, MOST_FILES - this.all.length)
    for (const file of files.slice(0, room)) {
      const key = randomId()
      this.jobs.set(key, { file, abort: new AbortController() })
      this.put({
        key,
        name: file.name,
        sizeBytes: file.size,
        progress: 0,
        taken: null,
        notice: null,
        error: null,
      })
      this.queue(key)
    }
    return Math.max(0, files.length - room)
  }

  /** Takes in files that the server has already: those of a draft, or of a message that was not sent. */
  adopt(attachments: readonly (AttachmentRef & { readonly notice?: Attachment['notice'] })[]): void {
    for (const { notice = null, ...taken } of attachments) {
      if (this.all.length >= MOST_FILES || this.ready.some(({ id }) => id === taken.id)) continue
      const { name, size_bytes: sizeBytes } = taken
      this.put({ key: taken.id, name, sizeBytes, progress: 1, taken, notice, error: null })
    }
  }

  /** Tries a file once more. */
  again(key: string): void {
    if (!this.jobs.has(key)) return
    this.change(key, { error: null, progress: 0 })
    this.queue(key)
  }

  remove(key: string): void {
    const { taken } = this.all.find((upload) => upload.key === key) ?? {}
    this.forget(key)
    // What cannot be removed now goes with the account's other unused files.
    if (taken != null) void request(`/v1/attachments/${taken.id}`, { method: 'DELETE' }).catch(() => {})
  }

  /** Empties it: a message holds them now. */
  clear(): void {
    for (const { key } of this.all) this.forget(key)
  }

  private forget(key: string): void {
    this.jobs.get(key)?.abort.abort()
    this.jobs.delete(key)
    this.state.setState(({ all }) => ({ all: all.filter((upload) => upload.key !== key) }))
  }

  private queue(key: string): void {
    this.line = this.line.then(() => this.send(key))
  }

  private async send(key: string): Promise<void> {
    const job = this.jobs.get(key)
    const name = this.all.find((upload) => upload.key === key)?.name
    if (job === undefined || name === undefined) return
    try {
      const { notice, ...taken } = await this.sendSignedIn(name, job, (progress) =>
        this.change(key, { progress }),
      )
      this.jobs.delete(key)
      this.change(key, { taken, notice, progress: 1 })
    } catch (error) {
      if (job.abort.signal.aborted) return
      if (!(error instanceof ApiError)) throw error
      this.change(key, { error })
    }
  }

  private async sendSignedIn(
    name: string,
    job: Job,
    onProgress: (part: number) => void,
  ): Promise<Attachment> {
    for (;;) {
      try {
        return await this.parts.send(name, job.file, onProgress, job.abort.signal)
      } catch (error) {
        const isSignedOut = error instanceof ApiError && error.status === 401
        if (!isSignedOut || !(await this.parts.whenSignedIn())) throw error
      }
    }
  }

  private put(upload: Upload): void {
    this.state.setState(({ all }) => ({ all: [...all, upload] }))
  }

  private change(key: string, changes: Partial<Upload>): void {
    this.state.setState(({ all }) => ({
      all: all.map((upload) => (upload.key === key ? { ...upload, ...changes } : upload)),
    }))
  }
}

/** Sends one file to be attached. */
export function sendFile(
  name: string,
  file: Blob,
  onProgress: (part: number) => void,
  signal: AbortSignal,
): Promise<Attachment> {
  return sendBytes(`/v1/attachments?${new URLSearchParams({ name })}`, file, onProgress, signal)
}
