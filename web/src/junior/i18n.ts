/** The words around Junior's own texts, in the language of the device; both languages are in the page, so it needs no network. */

import i18next from 'i18next'
import { initReactI18next } from 'react-i18next'
import { languageOf } from '@/core/preferences'
import enJunior from '@/locales/en/junior.json'
import enLooks from '@/locales/en/looks.json'
import zhJunior from '@/locales/zh/junior.json'
import zhLooks from '@/locales/zh/looks.json'

export function startLanguages(): void {
  const language = languageOf('')
  void i18next.use(initReactI18next).init({
    lng: language,
    fallbackLng: 'en',
    resources: { en: { junior: enJunior, looks: enLooks }, zh: { junior: zhJunior, looks: zhLooks } },
    defaultNS: 'junior',
    interpolation: { escapeValue: false },
    returnNull: false,
    initAsync: false,
  })
  document.documentElement.lang = language === 'zh' ? 'zh-Hans' : 'en'
}
