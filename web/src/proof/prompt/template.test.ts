// @vitest-environment node
import { describe, expect, test } from 'vitest'
import { Refused } from '../refused'
import { loadVectors } from '../vectors'
import { literalsOf } from './chat-template'
import { renderings, type Variables, waysThrough } from './template'

const VARIABLES: Variables = new Map([
  ['today', { type: 'date', source: 'clock' }],
  ['tone', { type: 'enum', source: 'config', choices: ['warm', 'plain'] }],
  ['count', { type: 'number', source: 'config' }],
  ['names', { type: 'list', source: 'memory' }],
  ['note', { type: 'text', source: 'app' }],
  ['is_new', { type: 'flag', source: 'app' }],
])

function wordings(template: string): string[] | null {
  try {
    return renderings(template, VARIABLES)
  } catch (error) {
    if (error instanceof Refused) return null
    throw error
  }
}

describe('prompt templates have the wordings that the kernel finds', () => {
  test.each(loadVectors<{ name: string; template: string; ways?: string[] }>('templates'))(
    '$name',
    (vector) => {
      const order = (texts: string[]) => [...texts].sort()
      const found = wordings(vector.template)
      expect(found && order(found), vector.template).toEqual(vector.ways ? order(vector.ways) : null)
    },
  )
})

test('a way through a template says who wrote which part', () => {
  const ways = waysThrough('It is {{ today }}.{% if is_new %} Be {{ tone }}.{% endif %}', VARIABLES)
  const day = [
    { by: 'release', text: 'It is ' },
    { by: 'clock', text: '' },
    { by: 'release', text: '.' },
  ]
  const tone = (text: string) => [
    { by: 'release', text: ' Be ' },
    { by: 'app', text },
    { by: 'release', text: '.' },
  ]
  expect(ways).toEqual([[...day, ...tone('warm')], [...day, ...tone('plain')], day])
})

describe('chat templates have the literals that the kernel finds', () => {
  test.each(loadVectors<{ name: string; template: string; literals: string[] }>('chats'))(
    '$name',
    (vector) => {
      expect(literalsOf(vector.template)).toEqual(vector.literals)
    },
  )
})
