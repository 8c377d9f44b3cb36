import { describe, expect, it } from 'vitest'

type Texts = { readonly [key: string]: string | Texts }

const files = import.meta.glob<Texts>('./*/*.json', { eager: true, import: 'default' })
const namespaces = [...new Set(Object.keys(files).map((path) => path.split('/')[2] ?? ''))].sort()

/** Keys in full; the forms of a word for a number count once, as languages have different ones. */
function keysOf(texts: Texts, prefix = ''): string[] {
  return Object.entries(texts).flatMap(([key, value]) => {
    const name = `${prefix}${key.replace(/_(zero|one|two|few|many|other)$/, '')}`
    return typeof value === 'string' ? [name] : keysOf(value, `${name}.`)
  })
}

function placesIn(texts: Texts): string[] {
  return Object.values(texts).flatMap((value) =>
    typeof value === 'string' ? (value.match(/\{\{\w+\}\}/g) ?? []) : placesIn(value),
  )
}

describe.each(namespaces)('%s', (name) => {
  const [en, zh] = [files[`./en/${name}`], files[`./zh/${name}`]]

  it('has the same texts in every language', () => {
    expect([...new Set(keysOf(zh ?? {}))].sort()).toEqual([...new Set(keysOf(en ?? {}))].sort())
  })

  it('fills the same places in every language, and leaves no text empty', () => {
    expect([...new Set(placesIn(zh ?? {}))].sort()).toEqual([...new Set(placesIn(en ?? {}))].sort())
    expect(JSON.stringify([en, zh])).not.toContain('""')
  })
})
