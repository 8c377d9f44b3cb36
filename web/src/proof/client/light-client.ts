/**
 * A light client of one installation: it remembers what it saw, and says loudly when that does not go on.
 *
 * - On the first visit the keys that the server shows are taken, and kept. From then on only they count, and the
 *   keys that a root document names, once the log was read whole.
 * - Every visit shows that the newest tree grew from the one seen before. A log that went back or forked, a key
 *   that changed without a root document saying so, another installation at the same address: each is a `LogAlarm`
 *   with the evidence in it, and what was kept stays as it was.
 */

import { openCheckpoint } from '../checkpoint'
import type { Blobs, State } from '../governance/state'
import { parseKeys, type VerifierKey, writeKey } from '../key'
import type { Tree } from '../merkle'
import { type Reason, Refused } from '../refused'
import { type History, HistoryReader, type Pause } from './history'
import { type Mark, markOf, type PinStore, type Pins, withMark } from './pins'
import { blobsOf, type ReadFile } from './source'
import { checkGrowth, treeOf } from './tree'
import { type Alarm, asAlarm, LogAlarm, look, offeredKeys } from './watch'

export interface Ports {
  read: ReadFile
  pins: PinStore
  nowMs: () => number
  pause: Pause
}

/** What a visit found: the tree now, and the one seen before, null at first contact. */
export interface Visit {
  name: string
  now: Mark
  before: Mark | null
  pins: Pins
}

/** The whole governance log, folded here. */
export interface WholeVisit extends Visit {
  history: History
}

const GOVERNANCE = '/governance'
const UNKNOWN_KEY: ReadonlySet<Reason> = new Set(['note/unsigned', 'note/no-key', 'note/signature'])

export class LightClient {
  readonly blobs: Blobs
  private readonly ports: Ports
  private reader: HistoryReader
  private running: Promise<WholeVisit> | null = null

  constructor(ports: Ports) {
    this.ports = ports
    this.blobs = blobsOf(ports.read)
    this.reader = this.newReader()
  }

  /** What this browser kept of the installation, null where it never met it. */
  pinned(): Promise<Pins | null> {
    return this.ports.pins.read()
  }

  /** Look at the governance log's checkpoint: is it the continuation of what was seen? */
  async visit(): Promise<Visit> {
    const { read, nowMs } = this.ports
    const kept = (await this.ports.pins.read()) ?? (await this.firstContact())
    const origin = kept.name + GOVERNANCE
    const before = markOf(kept, origin)
    try {
      const now = await look(read, 'log', origin, keysOf(kept), kept, nowMs())
      return { name: kept.name, now, before, pins: await this.keep(kept, now, {}) }
    } catch (error) {
      if (!(error instanceof LogAlarm) || !UNKNOWN_KEY.has(error.alarm.reason)) throw error
      return this.afterKeyChange(kept, error.alarm)
    }
  }

  /** Look, read what is new, and fold it. Calls that overlap share one reading. */
  whole(): Promise<WholeVisit> {
    this.running ??= this.readWhole().finally(() => {
      this.running = null
    })
    return this.running
  }

  /** Look at a reply log's checkpoint; its keys are those that were kept. */
  async visitReplies(number: string): Promise<Mark> {
    const kept = (await this.ports.pins.read()) ?? (await this.visit()).pins
    const origin = `${kept.name}/replies/${number}`
    const mark = await look(
      this.ports.read,
      `replies/${number}`,
      origin,
      keysOf(kept),
      kept,
      this.ports.nowMs(),
    )
    await this.keep(kept, mark, {})
    return mark
  }

  /** Check that a tree that a receipt leads to is the beginning of the reply log that everybody is shown. */
  async checkReplies(number: string, tree: Tree): Promise<Mark> {
    const mark = await this.visitReplies(number)
    try {
      await checkGrowth(this.ports.read, `replies/${number}`, tree, treeOf(mark))
    } catch (error) {
      throw asAlarm(error, mark.origin, mark, null)
    }
    return mark
  }

  /** Forget what was seen, because a person decided to trust this address anew. */
  async forget(): Promise<void> {
    this.reader = this.newReader()
    await this.ports.pins.clear()
  }

  private newReader(): HistoryReader {
    return new HistoryReader(this.ports.read, this.blobs, this.ports.pause)
  }

  private async readWhole(): Promise<WholeVisit> {
    const visit = await this.visit()
    const history = await this.readHistory(visit)
    const { state } = history
    if (!state.root) return { ...visit, history }
    const learnt = { fingerprint: state.fingerprint, keys: state.root.logs }
    return { ...visit, history, pins: await this.keep(visit.pins, visit.now, learnt) }
  }

  /** Read and fold up to a checkpoint that was looked at, and compare the installation with the one that is known. */
  private async readHistory({ now, before, pins }: Visit): Promise<History> {
    try {
      const history = await this.reader.readTo(now, before ? [before] : [])
      const { state } = history
      if (state.root) {
        if (pins.fingerprint && state.fingerprint !== pins.fingerprint)
          throw new Refused(
            'log/other-installation',
            'The log begins with another root document than it did before.',
          )
        await openCheckpoint(now.note, now.origin, parseKeys(state.root.logs.join('\n')))
      }
      return history
    } catch (error) {
      this.reader = this.newReader()
      throw asAlarm(error, now.origin, before, now.note)
    }
  }

  private async firstContact(): Promise<Pins> {
    const keys = await offeredKeys(this.ports.read)
    const name = nameOf(keys)
    if (!name)
      throw new Refused(
        'key/malformed',
        'The first key that the server shows is not that of a governance log.',
      )
    return { v: 1, name, fingerprint: '', keys: keys.map(writeKey), logs: [], first_ms: this.ports.nowMs() }
  }

  /**
   * The checkpoint is not signed by a key that is known. That is in order only if the log, read whole, continues what
   * was seen, and a root document in it names the new key.
   */
  private async afterKeyChange(kept: Pins, alarm: Alarm): Promise<Visit> {
    const offered = await offeredKeys(this.ports.read)
    const reason = nameOf(offered) === kept.name ? 'log/key-changed' : 'log/other-installation'
    try {
      const { read, nowMs } = this.ports
      const now = await look(read, 'log', alarm.origin, offered, kept, nowMs())
      const visit = { name: kept.name, now, before: alarm.seen, pins: kept }
      const { state } = await this.readHistory(visit)
      if (!state.root) throw new Refused(reason, 'The log does not begin with a valid root document.')
      return { ...visit, pins: await this.keep(kept, now, { keys: state.root.logs }) }
    } catch (error) {
      // A fork says more than a changed key does.
      if (error instanceof LogAlarm && error.alarm.reason.startsWith('log/')) throw error
      if (error instanceof Refused && error.reason === 'log/unreachable') throw error
      const detail = 'The log is signed by another key than before, and no root document says so.'
      throw new LogAlarm({ ...alarm, reason, detail })
    }
  }

  /** Keep a newer mark, and what was learnt with it, beside what another tab may have kept meanwhile. */
  private async keep(kept: Pins, newer: Mark, learnt: Partial<Pins>): Promise<Pins> {
    const now = (await this.ports.pins.read()) ?? kept
    const pins = withMark({ ...now, ...learnt }, newer)
    await this.ports.pins.write(pins)
    return pins
  }
}

/** Every verifier key that a root document of the log named, and those that were kept: receipts may be old. */
export function everyKey(pins: Pins, state: State | null): string[] {
  const named = (state?.outcomes ?? []).flatMap(({ reason, statement }) => {
    const logs = reason === null && statement?.kind === 'root' ? statement.document['logs'] : []
    return Array.isArray(logs) ? logs.map(String) : []
  })
  return [...new Set([...pins.keys, ...named])]
}

/** The verifier keys that were kept. */
export function keysOf(pins: Pins): VerifierKey[] {
  return parseKeys(pins.keys.join('\n'))
}

function nameOf([first]: VerifierKey[]): string {
  return first?.name.endsWith(GOVERNANCE) ? first.name.slice(0, -GOVERNANCE.length) : ''
}
