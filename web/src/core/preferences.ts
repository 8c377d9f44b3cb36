/** What this browser was told about its look: theme, language, size. Kept in local storage, applied to the page. */

import { createJSONStorage, persist } from 'zustand/middleware'
import { createStore } from 'zustand/vanilla'

export type Theme = 'system' | 'light' | 'dark'
export type Language = 'en' | 'zh'
export const LANGUAGES: readonly Language[] = ['en', 'zh']

export interface Preferences {
  readonly theme: Theme
  /** Empty until the person chose one: then the browser's own language counts. */
  readonly language: Language | ''
  readonly sidebarOpen: boolean
  readonly set: (changes: Partial<Pick<Preferences, 'theme' | 'language' | 'sidebarOpen'>>) => void
}

export const preferences = createStore<Preferences>()(
  persist((set) => ({ theme: 'system', language: '', sidebarOpen: true, set: (changes) => set(changes) }), {
    name: 'verax.preferences',
    storage: createJSONStorage(() => localStorage),
    version: 1,
  }),
)

/** The language in force: the chosen one, else the first of the browser's that we speak, else English. */
export function languageOf(
  chosen: Language | '',
  offered: readonly string[] = navigator.languages,
): Language {
  if (chosen !== '') return chosen
  for (const tag of offered) {
    const found = LANGUAGES.find((language) => tag.toLowerCase().split('-')[0] === language)
    if (found !== undefined) return found
  }
  return 'en'
}

/** Keeps the page's theme as the preference and the system say; returns the way to stop. */
export function followTheme(): () => void {
  const dark = window.matchMedia('(prefers-color-scheme: dark)')
  const apply = () => {
    const { theme } = preferences.getState()
    const isDark = theme === 'dark' || (theme === 'system' && dark.matches)
    document.documentElement.dataset['theme'] = isDark ? 'dark' : 'light'
  }
  apply()
  dark.addEventListener('change', apply)
  const stop = preferences.subscribe(apply)
  return () => {
    dark.removeEventListener('change', apply)
    stop()
  }
}
