/** An installation with one recorded turn, all of it made here, for tests of receipts. */

import { type Bytes, base64, hex, utf8 } from '@/proof/bytes'
import { encode, type JsonObject, write } from '@/proof/canonical'
import { LightClient } from '@/proof/client/light-client'
import { MemoryPins, Signer, SimulatedLog, SimulatedServer } from '@/proof/client/testing'
import { alarmEntry, NAME, rootEntry, seedOf, soloRoot } from '@/proof/governance/testing'
import { taggedHash } from '@/proof/hash'
import { writeKey } from '@/proof/key'
import { inclusionPath, leafHash, treeRoot } from '@/proof/merkle'
import { leafOf, TurnSecret } from '@/proof/record'

export const REPLY = 'Hamlet was written by William Shakespeare.'
export const TURN = 'ab'.repeat(16)
const SECRET = '01'.repeat(32)
const RELEASE = '7'.repeat(64)

const GOVERNANCE = new Signer(`${NAME}/governance`, seedOf('log'))
const REPLIES = new Signer(`${NAME}/replies/0`, seedOf('replies'))
const PROMISE = new Signer(`${NAME}/promise`, seedOf('promise'))

export class World {
  readonly record: JsonObject
  readonly server: SimulatedServer
  readonly pins = new MemoryPins()
  readonly client: LightClient
  nowMs = 1_795_392_000_000

  constructor(changes: JsonObject = {}) {
    const logs = [GOVERNANCE, REPLIES, PROMISE].map(({ key }) => writeKey(key))
    const governance = new SimulatedLog(GOVERNANCE, [rootEntry([], soloRoot(logs))])
    governance.entries.push(alarmEntry(governance.entries))
    const secret = new TurnSecret(SECRET)
    this.record = {
      v: 1,
      log: `${NAME}/replies/0`,
      id: TURN,
      channel: 'assistant',
      arm: 'head',
      mode: 'solo',
      release: RELEASE,
      runtime: RELEASE,
      governance: { size: 2, root: hex(treeRoot(governance.entries.map(leafHash))) },
      backend: { kind: 'remote', weights: 'unknown' },
      prompt: RELEASE,
      sent: RELEASE,
      request: RELEASE,
      reply: secret.commit('reply', utf8(REPLY)),
      reply_form: 'text',
      status: 'complete',
      seed: 7,
      time_ms: this.nowMs,
      salt: hex(secret.salt('record')),
      ...changes,
    }
    const other = utf8('x'.repeat(32))
    this.server = new SimulatedServer(governance, new SimulatedLog(REPLIES, [other, this.entry(), other]))
    const { read } = this.server
    // The promise key is one of the keys that the server shows.
    this.server.keys = () => `${logs.join('\n')}\n`
    this.client = new LightClient({ read, pins: this.pins, nowMs: () => this.nowMs, pause: async () => {} })
  }

  entry(): Bytes {
    return taggedHash('verax/record/v1', encode(this.record))
  }

  receipt(): string {
    const log = this.server.replies
    const leaves = log.entries.map(leafHash)
    const node = (level: number, index: number) =>
      treeRoot(leaves.slice(index * 2 ** level, (index + 1) * 2 ** level))
    const path = inclusionPath(1, leaves.length, node).map((hash) => `${base64(hash)}\n`)
    const proof = `c2sp.org/tlog-proof@v1\nindex 1\n${path.join('')}\n${log.checkpoint()}`
    const open = { reply: hex(new TurnSecret(SECRET).salt('reply')) }
    return write({ v: 1, record: this.record, proof, open })
  }

  promise(deadlineMs: number): string {
    return PROMISE.note(
      `verax promise v1\n${this.record['log']}\n${base64(leafOf(this.record))}\n${deadlineMs}\n`,
    )
  }
}
