/**
 * Settings that go with the person, not with the browser: kept on the server, applied where they sign in.
 *
 * * Signing in applies what the server has; from then on a change here is written there.
 * * Another browser of the same person sees a change when it is opened again.
 * * Text size and side bar belong to the screen that one sits at, and stay in the browser.
 */

import { readSettings, writeSettings } from './account'
import { type Preferences, preferences } from './preferences'
import type { AccountSettingsBody } from './wire'

const WRITE_AFTER_MS = 400

function settingsOf({ language, theme }: Preferences): AccountSettingsBody {
  return { language, theme }
}

function apply({ language, theme }: Required<AccountSettingsBody>): void {
  // An empty language means that none was chosen there; the one that was chosen here stays.
  preferences.getState().set({ theme, ...(language === '' ? {} : { language }) })
}

/** Writes the settings of this browser at once; those that it does not know stay as they are. */
export async function writeSettingsNow(): Promise<void> {
  await writeSettings({ ...(await readSettings()), ...settingsOf(preferences.getState()) })
}

/** Applies the person's settings and writes what changes; returns the way to stop. */
export function followSettings(): () => void {
  const stop = new AbortController()
  let known: AccountSettingsBody = {}
  let timer: ReturnType<typeof setTimeout> | undefined
  let written = ''
  const write = () => {
    const settings = { ...known, ...settingsOf(preferences.getState()) }
    const now = JSON.stringify(settings)
    if (now === written) return
    written = now
    // A setting that could not be written is in force here, and is written with the next one.
    writeSettings(settings).catch(() => {
      written = ''
    })
  }
  const begin = async () => {
    const found = await readSettings(stop.signal)
    known = found
    apply(found)
    written = JSON.stringify({ ...known, ...settingsOf(preferences.getState()) })
    const leave = preferences.subscribe(() => {
      clearTimeout(timer)
      timer = setTimeout(write, WRITE_AFTER_MS)
    })
    stop.signal.addEventListener('abort', () => {
      leave()
      clearTimeout(timer)
    })
  }
  // Without the server's settings those of this browser are in force, and nothing is written over theirs.
  begin().catch(() => {})
  return () => stop.abort()
}
