/**
 * Chat templates: a model's own Jinja text (clauses 7 and 8), rendered with `@huggingface/jinja`, which is
 * made for them. This module is loaded only where a release has one.
 *
 * That engine and the kernel's are two programs. Where they print the same the bytes that were sent come out, and
 * that settles it. Where other bytes come out it says something only for *plain* templates, of syntax so small
 * that there is nothing to read in two ways.
 */

import { Environment, Interpreter, parse, tokenize } from '@huggingface/jinja'
import { Refused } from '../refused'

// Line ends after tags, and blanks before them, are stripped, as authors of such templates expect.
const WHITE_SPACE = { trim_blocks: true, lstrip_blocks: true } as const

type Program = ReturnType<typeof parse>

/** What a chat template is given. */
export interface ChatVariables {
  messages: { role: string; content: string }[]
  add_generation_prompt: boolean
  bos_token: string
  eos_token: string
}

/** Render a chat template. */
export function renderChat(template: string, variables: ChatVariables): string {
  const program = parseChat(template)
  const environment = new Environment()
  environment.set('false', false)
  environment.set('true', true)
  environment.set('none', null)
  environment.set('raise_exception', (message: string) => {
    throw new Error(message)
  })
  environment.set('range', range)
  for (const [name, value] of Object.entries(variables)) environment.set(name, value)
  try {
    return new Interpreter(environment).run(program).value as string
  } catch (error) {
    throw unsupported(error)
  }
}

/** Say whether a chat template is plain: every engine of Jinja prints it the same. */
export function isPlain(template: string): boolean {
  return everyNode(parseChat(template), (type) => PLAIN.has(type))
}

const PLAIN: ReadonlySet<string> = new Set([
  'Program',
  'For',
  'If',
  'Comment',
  'StringLiteral',
  'IntegerLiteral',
  'Identifier',
  'MemberExpression',
  'BinaryExpression',
  'UnaryExpression',
])

function range(start: number, stop?: number): number[] {
  const [from, to] = stop === undefined ? [0, start] : [start, stop]
  return Array.from({ length: Math.max(0, Math.min(100_000, to - from)) }, (_, at) => from + at)
}

/** Return every literal text, in the order in which Jinja's own parser keeps them. */
export function literalsOf(template: string): string[] {
  const found: string[] = []
  collect(parseChat(template), found)
  return found
}

function parseChat(template: string): Program {
  try {
    return parse(tokenize(template.replace(/\r\n?/g, '\n'), WHITE_SPACE))
  } catch (error) {
    throw unsupported(error)
  }
}

function unsupported(error: unknown): Refused {
  const what = error instanceof Error ? error.message : String(error)
  return new Refused('template/unsupported', `The chat template cannot be rendered here: ${what}`)
}

function everyNode(node: unknown, holds: (type: string) => boolean): boolean {
  if (node instanceof Map) return everyNode([...node].flat(), holds)
  if (Array.isArray(node)) return node.every((item) => everyNode(item, holds))
  if (!isNode(node)) return true
  const { type, operator, ...rest } = node as Record<string, unknown>
  return holds(String(type)) && Object.values(rest).every((item) => everyNode(item, holds))
}

function collect(node: unknown, found: string[]): void {
  if (node instanceof Map) {
    for (const pair of node) collect(pair, found)
  } else if (Array.isArray(node)) {
    for (const item of node) collect(item, found)
  } else if (typeof node === 'object' && node !== null && 'type' in node) {
    collectFrom(node as Record<string, unknown>, found)
  }
}

function collectFrom(node: Record<string, unknown>, found: string[]): void {
  const iterable = node['iterable'] as Record<string, unknown> | undefined
  if (node['type'] === 'StringLiteral') found.push(node['value'] as string)
  else if (node['type'] === 'For' && iterable?.['type'] === 'SelectExpression') {
    // Jinja keeps the condition of a loop behind its bodies.
    const { loopvar, body, defaultBlock } = node
    collect([loopvar, iterable['lhs'], body, defaultBlock, iterable['test']], found)
  } else if (node['type'] !== 'Comment') collect(Object.values(node).filter(isNode), found)
}

function isNode(value: unknown): boolean {
  return typeof value === 'object' && value !== null
}
