/**
 * Languages. Each area of the app has a namespace with a file a language: `locales/en/chat.json`.
 * A language's namespaces are chunks of their own and come when a page first asks for them.
 */

import i18next, { type BackendModule } from 'i18next'
import { initReactI18next } from 'react-i18next'
import { retrying } from '@/core/chunks'
import { languageOf, preferences } from '@/core/preferences'

const files = import.meta.glob<{ default: Record<string, unknown> }>('./locales/*/*.json')

const backend: BackendModule = {
  type: 'backend',
  init: () => {},
  read: (language, namespace, done) => {
    const load = files[`./locales/${language}/${namespace}.json`]
    if (load === undefined) return done(new Error(`no ${namespace} in ${language}`), null)
    retrying(load).then(
      (module) => done(null, module.default),
      (error: Error) => done(error, null),
    )
  },
}

const HTML_TAGS = { en: 'en', zh: 'zh-Hans' } as const

/** Starts translating, and follows the preference from then on. */
export async function startLanguages(): Promise<void> {
  await i18next
    .use(backend)
    .use(initReactI18next)
    .init({
      lng: languageOf(preferences.getState().language),
      fallbackLng: 'en',
      ns: ['common'],
      defaultNS: 'common',
      interpolation: { escapeValue: false },
      returnNull: false,
    })
  const apply = () => {
    document.documentElement.lang = HTML_TAGS[i18next.language as 'en' | 'zh'] ?? 'en'
  }
  apply()
  i18next.on('languageChanged', apply)
  preferences.subscribe((now, before) => {
    if (now.language !== before.language) void i18next.changeLanguage(languageOf(now.language))
  })
}
