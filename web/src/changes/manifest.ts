/** A release's manifest as a form: its single values by their paths, and the manifest with some of them changed. */

import type { Json, JsonObject } from '@/proof/canonical'

export type Value = string | number | boolean

/** One value that a form can hold. */
export interface Entry {
  readonly path: string
  readonly value: Value
}

/** Every single value of a manifest in order; what lies in lists is left to the TOML. */
export function entriesOf(manifest: JsonObject, before = ''): Entry[] {
  return Object.keys(manifest)
    .sort()
    .flatMap((key): Entry[] => {
      const value = manifest[key] as Json
      const path = before + key
      if (Array.isArray(value)) return []
      return typeof value === 'object' ? entriesOf(value, `${path}.`) : [{ path, value }]
    })
}

/** Return the manifest with the values at these paths replaced; paths that it does not have change nothing. */
export function edited(manifest: JsonObject, edits: ReadonlyMap<string, Value>, before = ''): JsonObject {
  return Object.fromEntries(
    Object.entries(manifest).map(([key, value]) => {
      const path = before + key
      if (Array.isArray(value)) return [key, value]
      if (typeof value === 'object') return [key, edited(value, edits, `${path}.`)]
      return [key, edits.get(path) ?? value]
    }),
  )
}

export type Group = 'wording' | 'sampling' | 'model' | 'rest'

/** Where in the form a value stands; null for the version of the format, which nobody edits. */
export function groupOf(path: string): Group | null {
  if (path === 'v') return null
  if (path === 'prompt.system') return 'wording'
  if (path.startsWith('sampling.')) return 'sampling'
  return MODEL.has(path) ? 'model' : 'rest'
}

const MODEL: ReadonlySet<string> = new Set([
  'name',
  'model.name',
  'model.url',
  'model.key_name',
  'model.weights',
  'model.context_tokens',
])
