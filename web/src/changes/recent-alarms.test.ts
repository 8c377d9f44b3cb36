// @vitest-environment node
import { expect, it } from 'vitest'
import { alarmsSince } from './recent-alarms'
import { alarmAt, changeWith, moveAt, stateWith } from './testing'

it('the alarms that are not long ago are told, the latest first, those without effect left out', () => {
  const outcomes = [
    moveAt(0, {}),
    alarmAt(1, { last_ms: 100 }),
    alarmAt(2, { last_ms: 101 }),
    { ...alarmAt(3, { last_ms: 900 }), reason: 'entry/signers' as const },
    alarmAt(4, { last_ms: 500, code: 'log/rolled-back', channel: 'none' }),
  ]
  expect(alarmsSince(stateWith(changeWith(), { outcomes }), 100)).toEqual([
    { index: 4, code: 'log/rolled-back', channel: null, lastMs: 500 },
    { index: 2, code: 'monitor/tripped', channel: 'assistant', lastMs: 101 },
  ])
})
