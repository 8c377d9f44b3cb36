/**
 * Release manifests: everything that shapes behaviour, as canonical bytes (clauses 1 and 7).
 *
 * The id is the SHA-256 of the bytes, which hold every field; unknown ones fail. The syntax of the prompt
 * template is checked. That of a chat template is not: it is rendered, or read for its literals, where needed.
 */

import type { Bytes } from '../bytes'
import { type JsonObject, parse } from '../canonical'
import { digestOf } from '../hash'
import { need, Refused } from '../refused'
import {
  anyObject,
  choice,
  digest,
  digestOr,
  distinct,
  flag,
  integer,
  list,
  malformed,
  named,
  object,
  type Shape,
  type Shaped,
  text,
  under,
} from '../shape'
import { renderings } from './template'
import { RESERVED } from './template-syntax'

export const MAX_RELEASE_BYTES = 524_288

const LABEL = /^[A-Za-z0-9][A-Za-z0-9._:/+-]{0,127}$/
const OPTIONAL_LABEL = /^(?:[A-Za-z0-9][A-Za-z0-9._:/+-]{0,127})?$/
const DETECTOR = /^(?!none$)[a-z][a-z0-9_]{0,63}$/
const URL_FORM = /^https?:\/\/[A-Za-z0-9.:[\]-]{1,253}(?:\/[A-Za-z0-9._~/%-]{0,1000})?$/
const VARIABLE = /^[a-z][a-z0-9_]{0,63}$/
const BLANK = '\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000'
const SPECIAL_TOKEN = new RegExp(`^[^${BLANK}\\u200b]{2,64}$`, 'u')
const SOMETHING = new RegExp(`[^${BLANK}]`, 'u')
const MARKER = /^[^\u200b]{0,64}$/u
const DECIMAL = /^-?(?:0|[1-9][0-9]{0,8})(?:\.[0-9]{1,9})?$/
const CALLER_MAY_SET = [
  'temperature',
  'top_p',
  'presence_penalty',
  'frequency_penalty',
  'max_tokens',
  'seed',
  'stop',
  'n',
  'logprobs',
] as const
// What each source may supply: configuration and clock bring no wording.
const TYPES_OF_SOURCE: Record<string, readonly string[]> = {
  clock: ['number', 'date'],
  config: ['enum', 'number', 'date'],
}

/** A decimal written as text, between two numbers. */
function decimal(low: number, high: number): Shape<string> {
  return (value, where) => {
    const fits =
      typeof value === 'string' && DECIMAL.test(value) && Number(value) >= low && Number(value) <= high
    if (!fits) throw malformed(where, `a decimal from ${low} to ${high} as text`)
    return value
  }
}

const adapter = object({ kind: choice('lora', 'control'), weights: digest, scale: decimal(-16, 16) })
const model = { name: text(LABEL), context_tokens: integer(128, 16_777_216), deterministic: flag }
// Fields that came later are absent where they say nothing, so that older releases keep their ids.
const sights: Shape<string[]> = (value, where) => {
  const found = distinct(choice('image'))(value, where)
  if (found.length === 0) throw malformed(where, 'at least one thing that the model sees')
  return found
}
const remote = object(
  {
    ...model,
    backend: choice('remote'),
    weights: digestOr('unknown'),
    url: text(URL_FORM),
    key_name: text(OPTIONAL_LABEL),
  },
  { sees: sights },
)
const local = object({
  ...model,
  backend: choice('embedded', 'scripted'),
  weights: digestOr('unknown'),
  seal: choice('sealed', 'checked'),
  chat_template: text(),
  special_tokens: distinct(text(SPECIAL_TOKEN)),
  bos_token: text(MARKER),
  eos_token: text(MARKER),
  quantisation: text(LABEL),
  cache: text(LABEL),
  adapters: list(adapter, 8),
})
export type RemoteModel = Shaped<typeof remote>
export type LocalModel = Shaped<typeof local>

const modelShape: Shape<RemoteModel | LocalModel> = (value, where) => {
  if (anyObject(value, where)['backend'] === 'remote') return remote(value, where)
  const found = local(value, where)
  if (found.backend === 'embedded' && found.weights === 'unknown')
    throw malformed(where, 'the digest of its weights')
  return found
}

const variableShape = object(
  {
    type: choice('text', 'enum', 'number', 'date', 'flag', 'list'),
    source: choice('clock', 'app', 'user', 'memory', 'retrieved', 'tool', 'config'),
  },
  { choices: distinct(text()) },
)
const variable: Shape<Shaped<typeof variableShape>> = (value, where) => {
  const found = variableShape(value, where)
  const isSuppliable = TYPES_OF_SOURCE[found.source]?.includes(found.type) ?? true
  const isEnum = found.type === 'enum' ? (found.choices?.length ?? 0) > 0 : found.choices === undefined
  if (!isSuppliable || !isEnum)
    throw malformed(where, 'a type that its source can supply, and choices for enums only')
  return found
}

const rule = object(
  {
    detector: text(DETECTOR),
    action: choice('allow', 'mark', 'alert', 'rewrite', 'refuse', 'crisis'),
  },
  { threshold: decimal(0.01, 1) },
)
const judge = object({
  form: choice('moderation', 'llama-guard', 'granite-guardian'),
  url: text(URL_FORM),
  name: text(LABEL),
  key_name: text(OPTIONAL_LABEL),
})
const rules: Shape<Shaped<typeof rule>[]> = (value, where) => {
  const found = list(rule, 64)(value, where)
  const detectors = new Set(found.map((item) => item.detector))
  if (found.every((item) => item.action === 'allow') || detectors.size !== found.length)
    throw malformed(where, 'at least one detector that acts, each once')
  return found
}

const judges: Shape<Shaped<typeof judge>[]> = (value, where) => {
  const found = list(judge, 4)(value, where)
  if (found.length === 0) throw malformed(where, 'a judge, or no such field')
  return found
}

const files = object({
  head: text(),
  body: text(),
  tail: text(),
  page_head: text(),
  page_tail: text(),
  image_head: text(),
  image_tail: text(),
})
export type FileWording = Shaped<typeof files>

const passages = object(
  {
    limit: integer(1, 50),
    head: text(),
    item_head: text(),
    item_body: text(),
    item_tail: text(),
    tail: text(),
    page_head: text(),
    page_tail: text(),
  },
  { dispute_head: text(SOMETHING) },
)

const retrievalShape = object(
  { collections: distinct(text(LABEL)) },
  {
    passages,
    pins: list(object({ collection: text(LABEL), version: digest })),
    web: object({ pages: integer(1, 8) }),
  },
)
const retrieval: Shape<Shaped<typeof retrievalShape>> = (value, where) => {
  const found = retrievalShape(value, where)
  const pinned = found.pins?.map((pin) => pin.collection)
  const areNamed = pinned?.every((name) => found.collections.includes(name)) ?? true
  if (!areNamed || pinned?.length === 0 || new Set(pinned).size !== (pinned?.length ?? 0))
    throw malformed(where, 'pins of collections that the release names, each once')
  if (found.passages && found.collections.length === 0 && !found.web)
    throw malformed(where, 'the collections that passages come from, or the web')
  return found
}
const truthShape = object(
  { mode: choice('off', 'mark', 'strict') },
  { not_found: text(SOMETHING), drafts: integer(2, 8), samples: integer(2, 7) },
)
const truth: Shape<Shaped<typeof truthShape>> = (value, where) => {
  const found = truthShape(value, where)
  const { mode, drafts, samples } = found
  if (drafts !== undefined && samples !== undefined) throw malformed(where, 'drafts or samples, not both')
  if (mode === 'off' && (drafts ?? samples) !== undefined)
    throw malformed(where, 'drafts and samples only where sentences are checked')
  return found
}

const manifest = object({
  v: choice(1),
  name: text(LABEL),
  audience: choice('adult', '13+', '8-12', '5-7', '2-4'),
  model: modelShape,
  prompt: object(
    {
      system: text(),
      separator: text(),
      app_head: text(),
      app_tail: text(),
      variables: named(VARIABLE, variable),
      examples: list(object({ role: choice('user', 'assistant'), text: text() })),
    },
    { files },
  ),
  sampling: object({
    temperature: decimal(0, 2),
    top_p: decimal(0.000001, 1),
    top_k: integer(0, 1_000_000),
    repeat_penalty: decimal(0.1, 10),
    presence_penalty: decimal(-2, 2),
    frequency_penalty: decimal(-2, 2),
    max_tokens: integer(1, 1_048_576),
    allow: distinct(choice(...CALLER_MAY_SET)),
  }),
  tools: object({
    style: choice('none', 'native', 'schema'),
    head: text(),
    tail: text(),
    call_head: text(),
    call_tail: text(),
    result_head: text(),
    result_tail: text(),
  }),
  retrieval,
  truth,
  guard: object({ input: rules, output: rules }, { judges }),
})

/** A release; `source` is the whole manifest as it was parsed. */
export interface Release extends Shaped<typeof manifest> {
  id: string
  source: JsonObject
}

/** Return the release's wording around attached files, in the order of its fields. */
export function fileTexts({ prompt }: Pick<Release, 'prompt'>): string[] {
  if (!prompt.files) return []
  const { head, body, tail, page_head, page_tail, image_head, image_tail } = prompt.files
  return [head, body, tail, page_head, page_tail, image_head, image_tail]
}

/** Return the release's wording around passages, in the order of its fields as bans count them. */
export function passageTexts({ retrieval: { passages: words } }: Pick<Release, 'retrieval'>): string[] {
  if (!words) return []
  const { head, item_head, item_body, item_tail, tail, page_head, page_tail, dispute_head } = words
  return [head, item_head, item_body, item_tail, tail, page_head, page_tail, dispute_head ?? '']
}

/** Read the canonical bytes of a release. */
export function parseRelease(data: Bytes): Release {
  need(data.length <= MAX_RELEASE_BYTES, 'bytes/too-large', 'The release is larger than 512 KB.')
  return under('release/malformed', () => {
    const source = parse(data)
    const read = manifest(source, 'release')
    for (const name of read.prompt.variables.keys())
      if (RESERVED.has(name))
        throw new Refused('release/malformed', `A variable has the reserved name ${name}.`)
    renderings(read.prompt.system, read.prompt.variables)
    return { ...read, id: digestOf(data), source: anyObject(source, 'release') }
  })
}
