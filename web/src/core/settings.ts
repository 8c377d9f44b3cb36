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

function settingsOf({ language, theme, channel, sendKey }: Preferences): AccountSettingsBody {
  return { language, theme, channel, send_key: sendKey }
}

function apply({ language, theme, channel, send_key: sendKey }: Required<AccountSettingsBody>): void {
  const { set } = preferences.getState()
  // Empty means that none was chosen there; what was chosen here stays.
  set({ theme, sendKey, ...(language === '' ? {} : { language }), ...(channel === '' ? {} : { channel }) })
}

/** Writes the settings of this browser at once. */
export function writeSettingsNow(): Promise<void> {
  return writeSettings(settingsOf(preferences.getState()))
}

/** Applies the person's settings and writes what changes; returns the way to stop. */
export function followSettings(): () => void {
  const stop = new AbortController()
  let timer: ReturnType<typeof setTimeout> | undefined
  let written = ''
  const write = () => {
    const settings = settingsOf(preferences.getState())
    const now = JSON.stringify(settings)
    if (now === written) return
    written = now
    // A setting that could not be written is in force here, and is written with the next one.
    writeSettings(settings).catch(() => {
      written = ''
    })
  }
  const begin = async () => {
    apply(await readSettings(stop.signal))
    written = JSON.stringify(settingsOf(preferences.getState()))
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
