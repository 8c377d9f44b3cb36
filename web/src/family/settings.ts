/** What a guardian chooses for a child: beginnings, and what follows from a choice. */

import type { Settings } from '@/core/junior'
import type { ProfileBody } from '@/core/wire'

export type Band = Settings['band']

/** Minutes offered for a day and between two breaks; null for no limit. */
export const DAILY: readonly (number | null)[] = [15, 30, 45, 60, 90, null]
export const SITTING: readonly (number | null)[] = [10, 15, 20, 30, null]
export const LOG_DAYS: readonly number[] = [7, 30, 90]

const BEGINNINGS: Readonly<
  Record<Band, Pick<Settings, 'daily_minutes' | 'session_minutes'> & { start: string; end: string }>
> = {
  '2-4': { daily_minutes: 15, session_minutes: 10, start: '18:30', end: '07:00' },
  '5-7': { daily_minutes: 30, session_minutes: 20, start: '19:30', end: '07:00' },
  '8-12': { daily_minutes: 45, session_minutes: 30, start: '20:30', end: '07:00' },
}

/** Settings to begin with: limits are on, nothing is written down. */
export function beginning(band: Band, here: { timeZone: string; country: string }): Settings {
  const { start, end, ...minutes } = BEGINNINGS[band]
  return {
    band,
    colour: 'blue',
    animal: 'owl',
    place: 'home',
    country: here.country,
    topics_allowed: null,
    topics_held: [],
    ...minutes,
    bedtime: { start, end },
    time_zone: here.timeZone,
    log_days: null,
    helpline: null,
  }
}

/** The settings for another band, its limits with them. */
export function withBand(settings: Settings, band: Band): Settings {
  const { start, end, ...minutes } = BEGINNINGS[band]
  return { ...settings, band, ...minutes, bedtime: settings.bedtime === null ? null : { start, end } }
}

export function settingsOf(profile: ProfileBody): Settings {
  const { id: _id, consents: _consents, created_ms: _created, updated_ms: _updated, ...settings } = profile
  return settings
}

/** Whether more is kept than before, so that consent is asked again. */
export function keepsMore(before: Settings, after: Settings): boolean {
  return (after.log_days ?? 0) > (before.log_days ?? 0)
}

/** Where this browser is: its time zone, and the country of its language; what it does not say is a guess. */
export function whereabouts(): { timeZone: string; country: string } {
  const { timeZone, locale } = new Intl.DateTimeFormat().resolvedOptions()
  const region = new Intl.Locale(navigator.language || locale).maximize().region ?? ''
  return { timeZone: timeZone || 'UTC', country: /^[A-Z]{2}$/.test(region) ? region : 'US' }
}

/** All time zones that this browser knows, with `chosen` among them. */
export function timeZones(chosen: string): readonly string[] {
  return [...new Set([...Intl.supportedValuesOf('timeZone'), 'UTC', chosen])].sort()
}

/** Codes that name no country: groups of countries, and codes kept for tests. */
const NO_COUNTRY = new Set(['AC', 'CP', 'DG', 'EA', 'EU', 'EZ', 'IC', 'QO', 'TA', 'UN', 'XA', 'XB', 'ZZ'])

export interface Country {
  readonly code: string
  readonly name: string
}

/** All countries that this browser has a name for, by name. */
export function countries(language: string): readonly Country[] {
  const names = new Intl.DisplayNames(language, { type: 'region', fallback: 'none' })
  const letters = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZ']
  const found = new Map<string, string>()
  for (const first of letters) {
    for (const second of letters) {
      const code = first + second
      // Old codes have a new one: DD is DE now.
      const today = new Intl.Locale('und', { region: code }).maximize().region
      const name = names.of(code)
      if (name !== undefined && !NO_COUNTRY.has(code) && today === code) found.set(name, code)
    }
  }
  return [...found]
    .map(([name, code]) => ({ code, name }))
    .sort((one, other) => one.name.localeCompare(other.name, language))
}

const LINE_NAME = /^[\p{L}\p{N}][\p{L}\p{N}'’&-]*( [\p{L}\p{N}'’&-]+){0,5}$/u
const LINE_PHONE = /^\+?[0-9][0-9 /-]{1,22}$/

/** A helpline as the server takes it, null while it is not whole. */
export function helplineOf(name: string, phone: string): Settings['helpline'] {
  const line = { name: name.trim().replace(/ +/g, ' '), phone: phone.trim() }
  const isWhole = line.name.length <= 40 && LINE_NAME.test(line.name) && LINE_PHONE.test(line.phone)
  return isWhole ? line : null
}

/** Why the server would not take this PIN, null where it would: its rule, said before it is asked. */
export function problemOfPin(pin: string): 'short' | 'digits' | 'easy' | null {
  if (!/^[0-9]*$/.test(pin)) return 'digits'
  if (pin.length < 4 || pin.length > 12) return 'short'
  const isRow = '01234567890'.includes(pin) || '09876543210'.includes(pin)
  return isRow || new Set(pin).size === 1 ? 'easy' : null
}

/** A pair of colour and animal that none of the profiles has, the wanted one where it is free. */
export function isPairFree(
  settings: Pick<Settings, 'animal' | 'colour'>,
  taken: readonly Pick<ProfileBody, 'id' | 'animal' | 'colour'>[],
  own: string | null = null,
): boolean {
  return !taken.some(
    (one) => one.id !== own && one.animal === settings.animal && one.colour === settings.colour,
  )
}
