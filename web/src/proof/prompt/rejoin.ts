/**
 * A recorded turn joined again: the bytes that its opened segments stand for (clause 7).
 *
 * - In the server's own process a prompt is joined from release and segments alone: there is one answer.
 * - The body sent to a remote server holds options of the call too. Release, `record.params` and `record.seed`
 *   name most of them; what a record does not name is tried where there are few ways. Stop strings and JSON
 *   schemas are the caller's own: a turn that had them cannot be joined again from its record.
 */

import { retrying } from '@/core/chunks'
import { type Bytes, utf8 } from '../bytes'
import { encode } from '../canonical'
import type { ReplyRecord } from '../record'
import { Refused } from '../refused'
import { fields, loads, type PythonJson, type PythonObject } from './python-json'
import type { Release } from './release'
import type { Segment } from './segments'
import { guardMessage, tokenGuard } from './special-tokens'
import { anyObjectSchema, groupsOf, type Options, requestBody, toolSchema } from './wire'

/** What a turn can have sent. `isCertain` says whether other bytes than these prove a difference. */
export interface Rejoined {
  candidates: Iterable<Bytes>
  isCertain: boolean
}

/** Join the segments of a turn again. */
export async function rejoin(
  release: Release,
  record: ReplyRecord,
  segments: readonly Segment[],
): Promise<Rejoined> {
  const { model } = release
  if (model.backend === 'remote') return { candidates: requests(release, record, segments), isCertain: false }
  if (!model.chat_template) return { candidates: [encode(messagesOf(segments))], isCertain: true }
  const joined = await joinChat(release, model.chat_template, segments)
  return { candidates: [utf8(joined.text)], isCertain: joined.isPlain }
}

function messagesOf(segments: readonly Segment[]): { role: string; content: string }[] {
  return groupsOf(segments).map(([role, group]) => ({
    role,
    content: group.map((item) => item.text).join(''),
  }))
}

async function joinChat(
  release: Release,
  template: string,
  segments: readonly Segment[],
): Promise<{ text: string; isPlain: boolean }> {
  const { isPlain, literalsOf, renderChat } = await retrying(() => import('./chat-template'))
  const { model, tools } = release
  if (model.backend === 'remote')
    throw new Refused('template/unsupported', 'A remote server joins prompts itself.')
  const isNative = segments.some(
    ({ role }) => role === 'tools' || (tools.style === 'native' && role.startsWith('tool')),
  )
  if (isNative)
    throw new Refused('template/unsupported', 'Tools in the way of the template are not joined here.')
  const guard = tokenGuard(model, literalsOf(template))
  const messages = groupsOf(segments).map(([role, group]) => ({ role, content: guardMessage(guard, group) }))
  const { bos_token, eos_token } = model
  const text = renderChat(template, { messages, add_generation_prompt: true, bos_token, eos_token })
  return { text, isPlain: isPlain(template) }
}

function* requests(release: Release, record: ReplyRecord, segments: readonly Segment[]): Generator<Bytes> {
  const base = recordedOptions(release, record)
  for (const schema of [null, ...schemasOf(release, segments), anyObjectSchema()])
    for (const toolChoice of toolChoices(segments))
      yield requestBody(release, segments, { ...base, schema, toolChoice })
}

/** Return the effective options as far as release and record name them. */
function recordedOptions({ sampling }: Release, record: ReplyRecord): Options {
  const params = record.params ?? {}
  const number = (name: string, usual: string | number) => Number(params[name] ?? usual)
  return {
    temperature: number('temperature', sampling.temperature),
    topP: number('top_p', sampling.top_p),
    topK: sampling.top_k,
    repeatPenalty: Number(sampling.repeat_penalty),
    presencePenalty: number('presence_penalty', sampling.presence_penalty),
    frequencyPenalty: number('frequency_penalty', sampling.frequency_penalty),
    maxTokens: number('max_tokens', sampling.max_tokens),
    seed: record.seed,
    n: number('n', 1),
    topLogprobs: params['top_logprobs'] === undefined ? null : Number(params['top_logprobs']),
    stream: params['stream'] !== false,
    schema: null,
    toolChoice: null,
  }
}

/** Yield the schemas that tools of style "schema" give; their definitions stand in the prompt. */
function* schemasOf(release: Release, segments: readonly Segment[]): Generator<PythonObject> {
  if (release.tools.style !== 'schema') return
  for (const item of segments) {
    const functions = item.by === 'app' && item.role === 'system' ? objectsIn(item.text) : []
    if (functions.length > 0 && functions.every((entry) => entry.has('name'))) {
      yield toolSchema(functions, true)
      yield toolSchema(functions, false)
    }
  }
}

/** Yield what the caller can have said of native tools; nothing is sent where there were none. */
function* toolChoices(segments: readonly Segment[]): Generator<PythonJson> {
  yield 'auto'
  for (const item of segments.filter(({ role }) => role === 'tools')) {
    yield 'required'
    for (const tool of objectsIn(item.text)) {
      const named = tool.get('function')
      if (named instanceof Map)
        yield fields(['type', 'function'], ['function', fields(['name', named.get('name') ?? null])])
    }
  }
}

/** Return the objects of a JSON array, none where the text is something else. */
function objectsIn(text: string): PythonObject[] {
  const items = loads(text)
  return Array.isArray(items) ? items.filter((item): item is PythonObject => item instanceof Map) : []
}
