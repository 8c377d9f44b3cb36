import { describe, expect, it } from 'vitest'
import { EventStreamParser, type ServerSentEvent } from './sse'

const encoder = new TextEncoder()

function parse(...pieces: readonly Uint8Array[]): ServerSentEvent[] {
  const parser = new EventStreamParser()
  return pieces.flatMap((piece) => parser.push(piece))
}

function parseText(text: string): ServerSentEvent[] {
  return parse(encoder.encode(text))
}

const STREAM =
  '\ufeff: waiting\n\nid: 1\ndata: {"text":"né 世界 👩‍🚀"}\n\nid: 2\r\ndata: a\r\ndata: b\r\n\r\n' +
  'id: 3\rdata: c\r\revent: x\ndata\n\n: waiting\n\nid:4\ndata:no space\n\nid: 5\ndata: cut off'
const EVENTS = [
  { id: '1', data: '{"text":"né 世界 👩‍🚀"}' },
  { id: '2', data: 'a\nb' },
  { id: '3', data: 'c' },
  { id: '3', data: '' },
  { id: '4', data: 'no space' },
]

describe('EventStreamParser', () => {
  it('reads events with every kind of line end, and drops the last one that has no end', () => {
    expect(parseText(STREAM)).toEqual(EVENTS)
  })

  it('gives the same events wherever the bytes are cut, in two and in three', () => {
    const bytes = encoder.encode(STREAM)
    for (let first = 0; first <= bytes.length; first++) {
      for (let second = first; second <= bytes.length; second++) {
        const pieces = [bytes.subarray(0, first), bytes.subarray(first, second), bytes.subarray(second)]
        if (JSON.stringify(parse(...pieces)) !== JSON.stringify(EVENTS))
          expect.fail(`cut at ${first}, ${second}`)
      }
    }
  })

  it('gives the same events byte by byte', () => {
    const bytes = [...encoder.encode(STREAM)].map((byte) => Uint8Array.of(byte))
    expect(parse(...bytes)).toEqual(EVENTS)
  })

  it('ignores an id with a null character, and fields that it does not know', () => {
    expect(parseText('id: 7\nid: 8\0\nretry: 5\nnonsense\ndata: x\n\n')).toEqual([{ id: '7', data: 'x' }])
  })
})
