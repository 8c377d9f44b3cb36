/**
 * The governance log as this browser reads it: every entry, hashed, under the signed root, folded.
 *
 * Nothing is believed before its step: the bytes lead to the root that the checkpoint signs; the tree that was
 * folded before is the beginning of this one; then the entries are folded. Later visits read what is new.
 */

import type { Bytes } from '../bytes'
import { equal, fromHex } from '../bytes'
import { Folder, type Prepared, STOPS } from '../governance/fold'
import type { Blobs, State } from '../governance/state'
import { Frontier, leafHash } from '../merkle'
import { need, Refused } from '../refused'
import { parseEntries, tilePath, WIDTH } from '../tiles'
import type { Mark } from './pins'
import { type ReadFile, readFile } from './source'

/**
 * The folded log. `stopped` says why the fold could not go on to the end, null where it did. Where a blob is missing, or
 * not for this reader, `state` is then that of a fold that passed over it, and names it among `unread`.
 */
export interface History {
  state: State
  entries: readonly Bytes[]
  mark: Mark
  stopped: Refused | null
}

/** Entries whose signatures are verified at once. */
const AHEAD = 16

/** Lets others have the thread; called between entries. */
export type Pause = () => Promise<void>

export class HistoryReader {
  private readonly read: ReadFile
  private readonly pause: Pause
  private readonly blobs: Blobs
  private readonly folder: Folder
  private loose: Folder | null = null
  private readonly entries: Bytes[] = []
  private readonly leaves: Bytes[] = []
  private frontier = new Frontier()

  constructor(read: ReadFile, blobs: Blobs, pause: Pause) {
    this.read = read
    this.pause = pause
    this.blobs = blobs
    this.folder = new Folder(blobs)
  }

  /** Read up to a verified checkpoint; each of `known` must be the beginning of it. */
  async readTo(mark: Mark, known: readonly Mark[]): Promise<History> {
    await this.fetch(mark, known)
    const stopped = await this.foldTo(this.folder, mark.size)
    const entries = [...this.entries]
    if (stopped?.reason !== 'governance/incomplete')
      return { state: this.folder.state, entries, mark, stopped }
    this.loose ??= new Folder(this.blobs, true)
    const also = await this.foldTo(this.loose, mark.size)
    return { state: this.loose.state, entries, mark, stopped: also ?? stopped }
  }

  /** Fold on; return what stopped it, null at the end. */
  private async foldTo(folder: Folder, size: number): Promise<Refused | null> {
    const ahead: Prepared[] = []
    try {
      for (let next = folder.size; folder.size < size; ) {
        for (; next < size && ahead.length < AHEAD; next += 1)
          ahead.push(folder.prepare(this.entries[next] as Bytes, this.leaves[next] as Bytes))
        await folder.applyPrepared(ahead.shift() as Prepared)
        await this.pause()
      }
      return null
    } catch (error) {
      if (error instanceof Refused && STOPS.has(error.reason)) return error
      throw error
    }
  }

  /** Take in the entries that are new, after their hashes were shown to lead to the signed root. */
  private async fetch(mark: Mark, known: readonly Mark[]): Promise<void> {
    const start = this.entries.length
    need(mark.size >= start, 'log/went-back', `The log shows ${mark.size} entries, and had ${start} before.`)
    const fresh = await this.bundles(start, mark.size)
    const frontier = this.frontier.copy()
    const roots = new Map([[start, frontier.root()]])
    const leaves: Bytes[] = []
    for (const entry of fresh) {
      const leaf = leafHash(entry)
      leaves.push(leaf)
      frontier.append(leaf)
      if (known.some(({ size }) => size === frontier.size)) roots.set(frontier.size, frontier.root())
      await this.pause()
    }
    const isSigned = equal(frontier.root(), fromHex(mark.root))
    need(isSigned || start === 0, 'log/forked', `The log does not continue the ${start} entries read before.`)
    need(
      isSigned,
      'proof/root',
      `The entries do not lead to the root that the log signed at size ${mark.size}.`,
    )
    for (const { size, root } of known) {
      const found = roots.get(size)
      const isSame = size < start || (found !== undefined && equal(found, fromHex(root)))
      need(isSame, 'log/forked', `The log does not begin with the ${size} entries seen before.`)
    }
    this.entries.push(...fresh)
    this.leaves.push(...leaves)
    this.frontier = frontier
  }

  private async bundles(start: number, size: number): Promise<Bytes[]> {
    const first = Math.floor(start / WIDTH)
    const count = start < size ? Math.ceil(size / WIDTH) - first : 0
    const read = Array.from({ length: count }, async (_, at) => {
      const index = first + at
      const width = Math.min(WIDTH, size - index * WIDTH)
      return parseEntries(await readFile(this.read, `log/${tilePath('entries', index, width)}`), width)
    })
    return (await Promise.all(read)).flat().slice(start - first * WIDTH)
  }
}
