// @vitest-environment node
import { describe, expect, it } from 'vitest'
import { encode, type JsonObject } from '@/proof/canonical'
import type { Alarm } from '@/proof/governance/statement'
import { digestOf } from '@/proof/hash'
import { alarmAt, CANDIDATE, changeWith, HEAD, moveAt, stateWith } from './testing'
import { timelineOf } from './timeline'

const TIMELINE: JsonObject = {
  kind: 'verax/timeline',
  v: 1,
  bans: [CANDIDATE],
  diff: [
    { path: 'prompt.system', good: 'Be kind.', bad: 'Be rude.' },
    { path: 'sampling.top_k', bad: '5' },
  ],
  turns: {
    log: 'x/replies/0',
    log_id: 2,
    count: 3,
    withdrawn: 1,
    leaves: [
      [4, 5],
      [9, 9],
    ],
    is_whole: true,
  },
}
const ROLLBACK = 4

/** Reads the timeline of the rollback from a log that ends with an alarm, and these documents. */
function read(document: JsonObject, move = ROLLBACK, changes: Partial<Alarm> = {}, isHeld = true) {
  const data = encode(document)
  const detail = encode({ timeline: digestOf(data), move, turns: 3 })
  const blobs = new Map([[digestOf(detail), detail]])
  if (isHeld) blobs.set(digestOf(data), data)
  const outcomes = [
    moveAt(ROLLBACK, { act: 'rollback', to: HEAD }),
    alarmAt(5, { code: 'rollout/rolled-back', subject: digestOf(detail), ...changes }),
  ]
  const state = stateWith(changeWith(), { outcomes })
  return timelineOf(state, 'assistant', ROLLBACK, async (digest) => blobs.get(digest) ?? null)
}

describe('the timeline of a rollback', () => {
  it('tells what went against what serves again, the bans, and the places of the replies', async () => {
    expect(await read(TIMELINE)).toEqual({
      digest: digestOf(encode(TIMELINE)),
      bans: 1,
      differences: [
        { path: 'prompt.system', before: 'Be kind.', after: 'Be rude.' },
        { path: 'sampling.top_k', before: null, after: '5' },
      ],
      turns: {
        count: 3,
        withdrawn: 1,
        log: 'x/replies/0',
        leaves: [
          [4, 5],
          [9, 9],
        ],
        isWhole: true,
      },
    })
  })

  it('is none where it is of another rollback, channel or alarm, or is not at hand', async () => {
    expect(await read(TIMELINE, 3)).toBeNull()
    expect(await read(TIMELINE, ROLLBACK, { channel: 'other' })).toBeNull()
    expect(await read(TIMELINE, ROLLBACK, { code: 'monitor/tripped' })).toBeNull()
    expect(await read(TIMELINE, ROLLBACK, {}, false)).toBeNull()
  })

  it('is none where the document is another than a timeline', async () => {
    expect(await read({ v: 1 })).toBeNull()
    expect(await read({ ...TIMELINE, turns: [] })).toBeNull()
    expect(await read({ ...TIMELINE, diff: [{ path: 7 }] })).toBeNull()
  })
})
