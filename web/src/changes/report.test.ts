// @vitest-environment node
import { describe, expect, it } from 'vitest'
import { utf8 } from '@/proof/bytes'
import { encode, type JsonObject } from '@/proof/canonical'
import { readReport } from './report'

const REPORT: JsonObject = {
  v: 1,
  suite: 'identity',
  passed: false,
  metrics: { score: '0.5', score_low: '0.1', score_high: '0.9', head_score: '1.0', n: '2' },
  shortfalls: [{ metric: 'score', floor: '0.9', found: '0.5' }],
  marks: [
    { item: 'one', mark: '1', reason: '' },
    { item: 'two', mark: '0', reason: 'It named another maker.' },
  ],
  samples: [
    {
      arm: 'candidate',
      item: 'two',
      calls: [{ reply: 'I am another.', request_salt: 'ab', record: { request: 'cd' } }, { reply: 'Truly.' }],
    },
    { arm: 'head', item: 'two', calls: [{ reply: 'I am Verax.' }] },
  ],
  lost: [{ item: 'three' }],
}

describe('a report of a gate', () => {
  it('tells score, interval, floors and every item with what candidate and head replied', () => {
    expect(readReport(encode(REPORT))).toEqual({
      score: '0.5',
      low: '0.1',
      high: '0.9',
      head: '1.0',
      metrics: [
        ['head_score', '1.0'],
        ['n', '2'],
        ['score', '0.5'],
        ['score_high', '0.9'],
        ['score_low', '0.1'],
      ],
      shortfalls: [{ metric: 'score', floor: '0.9', found: '0.5' }],
      items: [
        { item: 'one', mark: '1', reason: '', calls: { candidate: [], head: [] } },
        {
          item: 'two',
          mark: '0',
          reason: 'It named another maker.',
          calls: {
            candidate: [
              { reply: 'I am another.', request: 'cd', salt: 'ab' },
              { reply: 'Truly.', request: '', salt: '' },
            ],
            head: [{ reply: 'I am Verax.', request: '', salt: '' }],
          },
        },
      ],
      lost: 1,
    })
  })

  it('has no score of the head where that was not asked', () => {
    expect(readReport(encode({ ...REPORT, metrics: { score: '1' } }))?.head).toBeNull()
  })

  it('shows what there is where parts are missing or of another kind', () => {
    expect(readReport(encode({ v: 1, marks: 'none', samples: [7], metrics: [] }))).toMatchObject({
      score: '',
      items: [],
      lost: 0,
    })
  })

  it('is none where the bytes are no canonical object', () => {
    for (const text of ['', '[]', '{"v": 1}', '{"b":1,"a":2}'])
      expect(readReport(utf8(text)), text).toBeNull()
  })
})
