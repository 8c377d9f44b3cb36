/** A release's manifest as people read and compare it: every text and value by its path, and their differences. */

import type { Json } from '@/proof/canonical'
import type { Release } from '@/proof/prompt/release'

export interface Leaf {
  readonly path: string
  readonly text: string
}

/** Return every value of a manifest by its path, in order; texts as they are, lists of small values on lines. */
export function leavesOf(value: Json, path = ''): Leaf[] {
  if (Array.isArray(value)) {
    if (value.every((item) => typeof item !== 'object')) return [{ path, text: value.map(String).join('\n') }]
    return value.flatMap((item, at) => leavesOf(item, `${path}[${at}]`))
  }
  if (typeof value === 'object')
    return Object.keys(value)
      .sort()
      .flatMap((key) => leavesOf(value[key] as Json, path ? `${path}.${key}` : key))
  return [{ path, text: String(value) }]
}

export interface Difference {
  readonly path: string
  /** Null where it was not there. */
  readonly before: string | null
  readonly after: string | null
}

/** Of a release what is compared: its manifest. */
export type Manifest = Pick<Release, 'source'>

/** Return every path in which two releases differ. */
export function differencesOf(old: Manifest | null, now: Manifest): Difference[] {
  const before = new Map(old === null ? [] : leavesOf(old.source).map(({ path, text }) => [path, text]))
  const after = new Map(leavesOf(now.source).map(({ path, text }) => [path, text]))
  const paths = [...new Set([...before.keys(), ...after.keys()])].sort()
  return paths
    .map((path) => ({ path, before: before.get(path) ?? null, after: after.get(path) ?? null }))
    .filter((item) => item.before !== item.after)
}

/** What people would call the prompt: the texts that a model is given, those that are empty left out. */
export function textsOf({ prompt, tools, retrieval, truth }: Release): Leaf[] {
  const texts: Leaf[] = [
    { path: 'prompt.system', text: prompt.system },
    { path: 'prompt.separator', text: prompt.separator },
    { path: 'prompt.app_head', text: prompt.app_head },
    { path: 'prompt.app_tail', text: prompt.app_tail },
    ...prompt.examples.map(({ role, text }, at) => ({ path: `prompt.examples[${at}] (${role})`, text })),
    ...(['head', 'tail', 'call_head', 'call_tail', 'result_head', 'result_tail'] as const).map((name) => ({
      path: `tools.${name}`,
      text: tools[name],
    })),
    ...(
      [
        'head',
        'item_head',
        'item_body',
        'item_tail',
        'tail',
        'page_head',
        'page_tail',
        'dispute_head',
      ] as const
    ).map((name) => ({ path: `retrieval.passages.${name}`, text: retrieval.passages?.[name] ?? '' })),
    { path: 'truth.not_found', text: truth.not_found ?? '' },
  ]
  // A separator that is white space says nothing to a reader.
  return texts.filter(({ path, text }) => (path === 'prompt.separator' ? text.trim() !== '' : text !== ''))
}

/** The rest of a manifest: everything that is not among its texts. */
export function settingsOf(release: Release): Leaf[] {
  const shown = new Set(textsOf(release).map(({ path }) => path))
  return leavesOf(release.source).filter(
    ({ path, text }) => !shown.has(path) && !/^prompt\.examples|^prompt\.separator/.test(path) && text !== '',
  )
}
