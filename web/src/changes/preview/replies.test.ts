// @vitest-environment node
import { describe, expect, it } from 'vitest'
import type { PreviewEvent } from '@/core/wire'
import { asked, ended, isWhole, type ReplyPair, SIDES, take } from './replies'

const TURN = {
  channel: 'assistant',
  release: 'a'.repeat(64),
  runtime: 'b'.repeat(64),
  arm: 'preview',
  mode: 'quorum',
  created_ms: 1,
  left_out: 0,
} as const
const STARTED: PreviewEvent = { type: 'started', side: 'base', turn_id: '1'.repeat(32), ...TURN }
const COMPLETED: PreviewEvent = {
  type: 'completed',
  side: 'base',
  status: 'complete',
  record: {},
  promise: '',
  secret: '',
}
const FAILED: PreviewEvent = {
  type: 'failed',
  side: 'candidate',
  code: 'busy/queue-full',
  message: 'model: every slot is taken',
  hint: 'come back later',
  status: 429,
  retry_after_s: 3,
}

const told = (...events: PreviewEvent[]): ReplyPair => events.reduce(take, asked(1, 'Hello?', SIDES))

describe('two replies to one question', () => {
  it('wait for the model at first', () => {
    expect([...told().replies.values()].map(({ status }) => status)).toEqual(['waiting', 'waiting'])
  })

  it('grow each on its own side', () => {
    const { replies } = told(
      STARTED,
      { type: 'text', side: 'base', text: 'Hel' },
      { type: 'text', side: 'candidate', text: 'Hi' },
      { type: 'text', side: 'base', text: 'lo' },
      COMPLETED,
    )
    expect(replies.get('base')).toEqual({
      turn: '1'.repeat(32),
      text: 'Hello',
      refusal: '',
      status: 'complete',
      problem: null,
    })
    expect(replies.get('candidate')?.text).toBe('Hi')
  })

  it('keep what failed on one side to that side', () => {
    const { replies } = told(STARTED, FAILED, COMPLETED)
    expect(replies.get('candidate')?.problem?.code).toBe('busy/queue-full')
    expect(replies.get('base')?.status).toBe('complete')
  })

  it('say what a policy said', () => {
    const { replies } = told({
      type: 'refusal',
      side: 'base',
      category: 'secrets',
      reason: 'Not this.',
      next_step: 'Ask for something else.',
      crisis: null,
    })
    expect(replies.get('base')?.refusal).toBe('Not this. Ask for something else.')
  })

  it('are stopped where the reviewer left them, and only what had not ended', () => {
    const { replies } = ended(told(STARTED, COMPLETED), null)
    expect([...replies.values()].map(({ status }) => status)).toEqual(['complete', 'stopped'])
    expect([...replies.values()].map(isWhole)).toEqual([true, false])
  })

  it('fail where the connection broke', () => {
    const problem = { code: 'network/unreachable', message: 'the connection broke', hint: '' }
    const { replies } = ended(told(STARTED), problem)
    expect([...replies.values()].map((reply) => [reply.status, reply.problem])).toEqual([
      ['failed', problem],
      ['failed', problem],
    ])
  })

  it('stand alone where the channel served nothing before', () => {
    expect([...asked(1, 'Hello?', ['candidate']).replies.keys()]).toEqual(['candidate'])
  })
})
