/** An installation's public files in memory, with real keys, trees and signatures, for tests. */

import { ed25519 } from '@noble/curves/ed25519.js'
import { type Bytes, base64, concat, utf8 } from '../bytes'
import { digestOf, sha256 } from '../hash'
import { type VerifierKey, writeKey } from '../key'
import { leafHash, treeRoot } from '../merkle'
import { Refused } from '../refused'
import { tilePath, WIDTH, widthOf } from '../tiles'
import type { PinStore, Pins } from './pins'
import type { ReadFile } from './source'

export class Signer {
  readonly key: VerifierKey
  private readonly seed: Bytes

  constructor(name: string, seed: Bytes) {
    this.seed = seed
    const material = ed25519.getPublicKey(seed) as Bytes
    const id = sha256(concat(utf8(`${name}\n`), Uint8Array.of(1), material)).slice(0, 4)
    this.key = { name, id, kind: 1, material }
  }

  note(text: string): string {
    const signature = ed25519.sign(utf8(text), this.seed) as Bytes
    return `${text}\n— ${this.key.name} ${base64(concat(this.key.id, signature))}\n`
  }
}

/** A log with its tiles. */
export class SimulatedLog {
  entries: Bytes[]
  signer: Signer

  constructor(signer: Signer, entries: Bytes[] = []) {
    this.signer = signer
    this.entries = entries
  }

  checkpoint(origin = this.signer.key.name): string {
    const root = treeRoot(this.entries.map(leafHash))
    return this.signer.note(`${origin}\n${this.entries.length}\n${base64(root)}\n`)
  }

  file(path: string): Bytes | null {
    if (path === 'checkpoint') return utf8(this.checkpoint())
    const size = this.entries.length
    for (let level = 0; WIDTH ** level <= Math.max(size, 1); level += 1) {
      const span = WIDTH ** level
      for (let index = 0; widthOf(level, index, size) > 0; index += 1) {
        const width = widthOf(level, index, size)
        if (path === tilePath(level, index, width)) return this.hashes(index * WIDTH, width, span)
        if (level === 0 && path === tilePath('entries', index, width))
          return this.bundle(index * WIDTH, width)
      }
    }
    return null
  }

  private hashes(first: number, width: number, span: number): Bytes {
    const roots = Array.from({ length: width }, (_, at) => {
      const start = (first + at) * span
      return treeRoot(this.entries.slice(start, start + span).map(leafHash))
    })
    return concat(...roots)
  }

  private bundle(first: number, width: number): Bytes {
    const parts = this.entries
      .slice(first, first + width)
      .flatMap((entry) => [Uint8Array.of(entry.length >> 8, entry.length & 0xff), entry])
    return concat(...parts)
  }
}

/** What an installation serves; every part of it can be changed between two reads. */
export class SimulatedServer {
  governance: SimulatedLog
  replies: SimulatedLog
  blobs = new Map<string, Bytes>()
  isDown = false
  readonly asked: string[] = []

  constructor(governance: SimulatedLog, replies: SimulatedLog, blobs: Iterable<Bytes> = []) {
    this.governance = governance
    this.replies = replies
    for (const blob of blobs) this.blobs.set(digestOf(blob), blob)
  }

  readonly read: ReadFile = async (path) => {
    this.asked.push(path)
    if (this.isDown) throw new Refused('log/unreachable', 'The server is down.')
    if (path === 'log/key') return utf8(this.keys())
    if (path.startsWith('log/blob/')) return this.blobs.get(path.slice('log/blob/'.length)) ?? null
    if (path.startsWith('log/')) return this.governance.file(path.slice('log/'.length))
    return path.startsWith('replies/0/') ? this.replies.file(path.slice('replies/0/'.length)) : null
  }

  keys(): string {
    return [this.governance, this.replies].map((log) => `${writeKey(log.signer.key)}\n`).join('')
  }
}

/** Pins in memory. */
export class MemoryPins implements PinStore {
  pins: Pins | null = null

  async read(): Promise<Pins | null> {
    return this.pins
  }

  async write(pins: Pins): Promise<void> {
    this.pins = pins
  }

  async clear(): Promise<void> {
    this.pins = null
  }
}
