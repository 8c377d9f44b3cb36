import type { Language } from '@/core/preferences'

/** The languages of the app, each by its own name. */
export const LANGUAGE_NAMES: readonly {
  readonly value: Language
  readonly label: string
  readonly lang: string
}[] = [
  { value: 'en', label: 'English', lang: 'en' },
  { value: 'zh', label: '简体中文', lang: 'zh-Hans' },
]
