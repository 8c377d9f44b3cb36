// @vitest-environment node
/**
 * Holds the texts of every area together: both languages say the same things, every text is used, and every key
 * in the code has a text.
 *
 * What counts as a use of a key: a string of that key, with or without its namespace, in a source file that speaks
 * the namespace (`useTranslation('chat')`, or a key with `chat:`; without a name it is `common`). A key that is put
 * together, `t(`roles.${role}`)`, uses every key that begins like it.
 */

import { describe, expect, it } from 'vitest'

type Texts = { readonly [key: string]: string | Texts }

const files = import.meta.glob<Texts>('./locales/*/*.json', { eager: true, import: 'default' })
const sources = Object.entries(
  import.meta.glob<string>('./**/*.{ts,tsx}', { eager: true, query: '?raw', import: 'default' }),
).filter(([path]) => !/\.test\.tsx?$|\/testing\/|\/wire\.ts$/.test(path))

const LANGUAGES = ['en', 'zh'] as const
const PLURAL = /_(zero|one|two|few|many|other)$/
/** One word for one idea, in Chinese too; and the tone is the same everywhere. */
const CHINESE_WORDS: Readonly<Record<string, string>> = {
  您: '你',
  收据: '回执',
  帐号: '账号',
  帐户: '账号',
  账户: '账号',
  登陆: '登录',
  会话: '对话',
  根文件: '根文档',
  审核: '评审',
}
const HAN_BEFORE_ASCII_SIGN = /[\p{Script=Han}”）》][,;:!?](?!\/)/u

const namespaces = [
  ...new Set(Object.keys(files).map((path) => path.split('/').at(-1)?.replace('.json', '') ?? '')),
]

function flat(texts: Texts, before = ''): [key: string, text: string][] {
  return Object.entries(texts).flatMap(([name, value]): [string, string][] =>
    typeof value === 'string' ? [[before + name, value]] : flat(value, `${before}${name}.`),
  )
}

/** The texts of a namespace in a language, by key with its plural ending. */
function textsOf(language: string, namespace: string): ReadonlyMap<string, string> {
  return new Map(flat(files[`./locales/${language}/${namespace}.json`] ?? {}))
}

/** The keys as the code writes them: without plural endings. */
function keysOf(language: string, namespace: string): ReadonlySet<string> {
  return new Set([...textsOf(language, namespace).keys()].map((key) => key.replace(PLURAL, '')))
}

function variablesOf(text: string): string[] {
  return [...new Set([...text.matchAll(/\{\{\s*(\w+)/g)].map(([, name]) => name ?? ''))].sort()
}

/** The namespaces that a source file speaks. */
function spokenIn(source: string): ReadonlySet<string> {
  const found = new Set<string>()
  for (const [, list] of source.matchAll(/useTranslation(?:<[^>]*>)?\(([^)]*)\)/g)) {
    const names = [...(list ?? '').matchAll(/'([\w-]+)'/g)].map(([, name]) => name ?? '')
    for (const name of names.length === 0 ? ['common'] : names) found.add(name)
  }
  for (const [, name] of source.matchAll(/['"`]([\w-]+):[\w.]/g)) found.add(name ?? '')
  for (const [, name] of source.matchAll(/\bns: '([\w-]+)'/g)) found.add(name ?? '')
  if (/<Translation>|TFunction|\bt\(/.test(source) && found.size === 0)
    for (const name of namespaces) found.add(name)
  return found
}

/** What stands in the code as the first argument of `t`: keys, and beginnings of keys. */
function keysIn(source: string): { readonly whole: readonly string[]; readonly begun: readonly string[] } {
  const whole: string[] = []
  const begun: string[] = []
  for (const { index } of source.matchAll(/\bt\(/g)) {
    const argument = argumentAt(source, index + 2)
    const end = index + 2 + argument.length
    const options = source.charAt(end) === ',' ? argumentAt(source, end + 1) : ''
    const namespace = /\bns: '([\w-]+)'/.exec(options)?.[1]
    // The key alone, or what a choice between keys gives; not what it is chosen by.
    for (const [, key] of argument.matchAll(/(?:^|[?:])\s*'([^']*)'/g)) {
      whole.push(namespace === undefined ? (key ?? '') : `${namespace}:${key}`)
    }
    for (const [, key] of argument.matchAll(/`([^`$]*)\$\{/g)) begun.push(key ?? '')
  }
  return { whole, begun }
}

/** One argument of a call: from where it begins to the comma or bracket that ends it. */
function argumentAt(source: string, start: number): string {
  let depth = 0
  for (let at = start; at < source.length; at++) {
    const sign = source.charAt(at)
    if ('([{'.includes(sign)) depth += 1
    else if (')]}'.includes(sign)) {
      if (depth === 0) return source.slice(start, at)
      depth -= 1
    } else if (sign === ',' && depth === 0) return source.slice(start, at)
  }
  return source.slice(start)
}

function isKey(text: string): boolean {
  return /^(?:[\w-]+:)?[\w./-]+$/.test(text)
}

describe.each(namespaces)('the texts of %s', (namespace) => {
  const [english, chinese] = LANGUAGES.map((language) => textsOf(language, namespace))

  it('say the same things in both languages', () => {
    expect([...keysOf('zh', namespace)].sort()).toEqual([...keysOf('en', namespace)].sort())
  })

  it.each(LANGUAGES)('have every form of a plural that %s has, and no other', (language) => {
    const forms = new Map<string, string[]>()
    for (const key of textsOf(language, namespace).keys()) {
      const form = PLURAL.exec(key)?.[1]
      if (form === undefined || form === 'zero') continue
      const base = key.replace(PLURAL, '')
      forms.set(base, [...(forms.get(base) ?? []), form].sort())
    }
    const wanted = new Intl.PluralRules(language).resolvedOptions().pluralCategories.toSorted()
    for (const [key, found] of forms) expect(found, key).toEqual(wanted)
  })

  it('leave no variable out and invent none', () => {
    for (const key of keysOf('en', namespace)) {
      const of = (texts: ReadonlyMap<string, string> | undefined) =>
        [...(texts ?? [])]
          .filter(([name]) => name.replace(PLURAL, '') === key)
          .flatMap(([, text]) => variablesOf(text))
      const [en, zh] = [new Set(of(english)), new Set(of(chinese))]
      // The count may be left out where the sentence has the number in itself: "this conversation".
      for (const name of ['count']) if (en.has(name) !== zh.has(name)) [en, zh].map((set) => set.delete(name))
      expect([...zh].sort(), key).toEqual([...en].sort())
    }
  })

  it('hold Chinese with Chinese signs', () => {
    for (const [key, text] of chinese ?? [])
      expect(HAN_BEFORE_ASCII_SIGN.test(text), `${key}: ${text}`).toBe(false)
  })

  it.each(LANGUAGES)('leave nothing empty in %s', (language) => {
    expect([...textsOf(language, namespace)].filter(([, text]) => text.trim() === '')).toEqual([])
  })

  it('use one word for one idea in Chinese', () => {
    for (const [key, text] of chinese ?? []) {
      for (const [other, ours] of Object.entries(CHINESE_WORDS)) {
        expect(text.includes(other), `${key}: ${text} (we say ${ours})`).toBe(false)
      }
    }
  })

  it('are all used', () => {
    const speaking = sources
      .filter(([, source]) => spokenIn(source).has(namespace))
      .map(([, source]) => source)
    const begun = speaking.flatMap((source) =>
      keysIn(source).begun.map((key) => key.replace(`${namespace}:`, '')),
    )
    const unused = [...keysOf('en', namespace)].filter(
      (key) =>
        !speaking.some((source) => source.includes(`'${key}'`) || source.includes(`'${namespace}:${key}'`)) &&
        !begun.some((beginning) => beginning !== '' && key.startsWith(beginning)),
    )
    // The texts of errors are looked up by the code that the server sent.
    expect(namespace === 'errors' ? [] : unused).toEqual([])
  })
})

describe.each(sources.filter(([, source]) => /\bt\(/.test(source)))('the keys in %s', (_, source) => {
  it('all have a text', () => {
    const spoken = [...spokenIn(source)]
    const exists = (key: string, fits: (known: string, wanted: string) => boolean) => {
      const [namespace, rest] = key.includes(':') ? key.split(':', 2) : [null, key]
      const places = namespace === null ? spoken : [namespace ?? '']
      return places.some((place) => [...keysOf('en', place)].some((known) => fits(known, rest ?? '')))
    }
    const { whole, begun } = keysIn(source)
    expect(whole.filter((key) => isKey(key) && !exists(key, (known, wanted) => known === wanted))).toEqual([])
    expect(
      begun.filter((key) => key !== '' && !exists(key, (known, wanted) => known.startsWith(wanted))),
    ).toEqual([])
  })
})

describe('the reader of the code', () => {
  it('finds keys in calls, choices and templates', () => {
    const source = `useTranslation('shell'); t('a.b', { x }); t(has('no') ? 'c' : 'd'); t(\`e.\${f}\`); t('g', { ns: 'common' }); text('no')`
    expect(keysIn(source)).toEqual({ whole: ['a.b', 'c', 'd', 'common:g'], begun: ['e.'] })
    expect([...spokenIn(source)]).toEqual(['shell', 'common'])
    expect([...spokenIn("useTranslation(['shell', 'chat']); t('proof:x')")]).toEqual([
      'shell',
      'chat',
      'proof',
    ])
    expect([...spokenIn('useTranslation()')]).toEqual(['common'])
  })
})
