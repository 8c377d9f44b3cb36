/** What this browser was told about its look: theme, language, size. Kept in local storage, applied to the page. */

import { createJSONStorage, persist } from 'zustand/middleware'
import { createStore } from 'zustand/vanilla'

export type Theme = 'system' | 'light' | 'dark'
export type TextSize = 'small' | 'normal' | 'large' | 'larger'
export type SendKey = 'enter' | 'mod_enter'
export type Language = 'en' | 'zh'
export const LANGUAGES: readonly Language[] = ['en', 'zh']
export const THEMES: readonly Theme[] = ['system', 'light', 'dark']
export const TEXT_SIZES: readonly TextSize[] = ['small', 'normal', 'large', 'larger']
export const SEND_KEYS: readonly SendKey[] = ['enter', 'mod_enter']

export interface Preferences {
  readonly theme: Theme
  /** Empty until the person chose one: then the browser's own language counts. */
  readonly language: Language | ''
  readonly textSize: TextSize
  readonly sidebarOpen: boolean
  /** Where a new conversation begins; empty: on the first channel. */
  readonly channel: string
  /** What sends a message: Enter, or Enter with the main modifier. */
  readonly sendKey: SendKey
  /** Whether shortcuts of one character work (WCAG 2.1.4 wants a way to turn them off). */
  readonly singleKeys: boolean
  readonly set: (changes: Partial<Omit<Preferences, 'set'>>) => void
}

const NAME = 'verax.preferences'

export const preferences = createStore<Preferences>()(
  persist(
    (set) => ({
      theme: 'system',
      language: '',
      textSize: 'normal',
      sidebarOpen: true,
      channel: '',
      sendKey: 'enter',
      singleKeys: true,
      set: (changes) => set(changes),
    }),
    { name: NAME, storage: createJSONStorage(() => localStorage), version: 1 },
  ),
)

/** Takes over what another tab of this browser changes; returns the way to stop. */
export function followOtherTabs(): () => void {
  const read = (event: StorageEvent) => {
    if (event.key === NAME) void preferences.persist.rehydrate()
  }
  window.addEventListener('storage', read)
  return () => window.removeEventListener('storage', read)
}

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

/** Keeps the page's theme and text size as the preferences and the system say; returns the way to stop. */
export function followTheme(): () => void {
  const dark = window.matchMedia('(prefers-color-scheme: dark)')
  const apply = () => {
    const { theme, textSize } = preferences.getState()
    const isDark = theme === 'dark' || (theme === 'system' && dark.matches)
    document.documentElement.dataset['theme'] = isDark ? 'dark' : 'light'
    document.documentElement.dataset['textSize'] = textSize
  }
  apply()
  dark.addEventListener('change', apply)
  const stop = preferences.subscribe(apply)
  return () => {
    dark.removeEventListener('change', apply)
    stop()
  }
}
