/**
 * The body of a request to a remote model, to the byte (clause 7): a pure function of release, segments and
 * the options of the call.
 */

import { type Bytes, utf8 } from '../bytes'
import { need } from '../refused'
import {
  dumps,
  fields,
  float,
  int,
  loads,
  type PythonJson,
  type PythonNumber,
  type PythonObject,
} from './python-json'
import type { Release } from './release'
import type { Segment } from './segments'

/** The effective options of a call, as far as release and record name them. */
export interface Options {
  temperature: number
  topP: number
  topK: number
  repeatPenalty: number
  presencePenalty: number
  frequencyPenalty: number
  maxTokens: number
  seed: number
  n: number
  topLogprobs: number | null
  stream: boolean
  schema: PythonObject | null
  toolChoice: PythonJson
}

export function requestBody(release: Release, segments: readonly Segment[], options: Options): Bytes {
  const body: [string, PythonJson][] = [
    ['model', release.model.name],
    ['messages', wireMessages(segments, release.tools.style === 'native')],
    ['stream', options.stream],
  ]
  if (options.stream) body.push(['stream_options', fields(['include_usage', true])])
  body.push(...sampling(options))
  if (options.schema) body.push(['response_format', responseFormat(options.schema)])
  const tools = segments.filter((item) => item.role === 'tools').flatMap(parsedList)
  if (tools.length > 0) {
    body.push(['tools', tools])
    if (options.toolChoice !== null) body.push(['tool_choice', options.toolChoice])
  }
  return utf8(dumps(new Map(body)))
}

/** Group consecutive segments of one role. */
export function groupsOf(segments: readonly Segment[]): [role: Segment['role'], group: Segment[]][] {
  const groups: [Segment['role'], Segment[]][] = []
  for (const item of segments) {
    const last = groups.at(-1)
    if (last?.[0] === item.role) last[1].push(item)
    else groups.push([item.role, [item]])
  }
  return groups
}

/** Group the segments of one message: a picture is part of the user's that it stands in. */
function messageGroups(segments: readonly Segment[]): [role: Segment['role'], group: Segment[]][] {
  const groups: [Segment['role'], Segment[]][] = []
  for (const item of segments) {
    const role = item.role === 'image' ? 'user' : item.role
    const last = groups.at(-1)
    if (last?.[0] === role) last[1].push(item)
    else groups.push([role, [item]])
  }
  return groups
}

function wireMessages(segments: readonly Segment[], isNative: boolean): PythonObject[] {
  const messages: PythonObject[] = []
  for (const [role, group] of messageGroups(segments)) {
    if (role === 'tools') continue
    // Separators that stand between lines of one role are the release's.
    const said = group.filter((item) => item.by !== 'release')
    if (role === 'tool_calls') addCalls(messages, said.flatMap(parsedList))
    else if (role === 'tool' && isNative)
      messages.push(
        ...said.map((item) => new Map([['role', 'tool'], ...parsedObject(item)] as [string, PythonJson][])),
      )
    else messages.push(fields(['role', role === 'tool' ? 'user' : role], ['content', contentOf(group)]))
  }
  return messages
}

/** The texts joined, or content parts where pictures stand between them. */
function contentOf(group: readonly Segment[]): PythonJson {
  const parts = groupsOf(group).map(([role, items]): PythonJson[] =>
    role === 'image'
      ? items.map((item) => fields(['type', 'image_url'], ['image_url', fields(['url', item.text])]))
      : [fields(['type', 'text'], ['text', joined(items)])],
  )
  return group.some((item) => item.role === 'image') ? parts.flat() : joined(group)
}

function joined(items: readonly Segment[]): string {
  return items.map((item) => item.text).join('')
}

function addCalls(messages: PythonObject[], calls: PythonJson[]): void {
  if (messages.at(-1)?.get('role') !== 'assistant')
    messages.push(fields(['role', 'assistant'], ['content', null]))
  messages.at(-1)?.set('tool_calls', calls)
}

function parsedList(item: Segment): PythonJson[] {
  const value = loads(item.text)
  need(Array.isArray(value), 'segments/differ', `A segment of role ${item.role} holds no JSON array.`)
  return value
}

function parsedObject(item: Segment): PythonObject {
  const value = loads(item.text)
  need(value instanceof Map, 'segments/differ', `A segment of role ${item.role} holds no JSON object.`)
  return value
}

function sampling(options: Options): [string, PythonJson][] {
  const always: [string, PythonJson][] = [
    ['max_tokens', int(options.maxTokens)],
    ['temperature', float(options.temperature)],
    ['top_p', float(options.topP)],
    ['seed', int(options.seed)],
  ]
  const optional: [string, PythonNumber, string][] = [
    ['presence_penalty', float(options.presencePenalty), '0.0'],
    ['frequency_penalty', float(options.frequencyPenalty), '0.0'],
    ['n', int(options.n), '1'],
    ['top_k', int(options.topK), '0'],
    ['repetition_penalty', float(options.repeatPenalty), '1.0'],
  ]
  const set = optional.filter(([, value, off]) => value.source !== off)
  const chosen = set.map(([name, value]): [string, PythonJson] => [name, value])
  if (options.topLogprobs !== null)
    chosen.push(['logprobs', true], ['top_logprobs', int(options.topLogprobs)])
  return [...always, ...chosen]
}

const ANY_OBJECT = '{"type":"object"}'

function responseFormat(schema: PythonObject): PythonObject {
  if (dumps(schema) === ANY_OBJECT) return fields(['type', 'json_object'])
  return fields(['type', 'json_schema'], ['json_schema', fields(['name', 'reply'], ['schema', schema])])
}

/** The schema of a reply that is any object. */
export const anyObjectSchema = (): PythonObject => fields(['type', 'object'])

/** Return the schema of a reply that may call tools, from their functions; `open` allows plain answers. */
export function toolSchema(functions: readonly PythonObject[], isOpen: boolean): PythonObject {
  const calls = functions.map((item) => {
    const given = item.get('parameters')
    const isGiven = given instanceof Map ? given.size > 0 : Boolean(given)
    const parameters = isGiven ? (given as PythonJson) : fields(['type', 'object'], ['properties', fields()])
    const name = fields(['type', 'string'], ['enum', [item.get('name') as PythonJson]])
    return closedObject(fields(['name', name], ['arguments', parameters]))
  })
  if (isOpen) calls.push(closedObject(fields(['answer', fields(['type', 'string'])])))
  const [only] = calls
  return calls.length === 1 && only ? only : fields(['anyOf', calls])
}

function closedObject(properties: PythonObject): PythonObject {
  return fields(
    ['type', 'object'],
    ['properties', properties],
    ['required', [...properties.keys()]],
    ['additionalProperties', false],
  )
}
