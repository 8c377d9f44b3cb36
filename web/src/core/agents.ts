/** What a browser calls itself, in two words; the string itself names half of its rivals. */

// The first that fits counts: Edge also says Chrome, and Chrome also says Safari.
const BROWSERS: readonly (readonly [name: string, sign: RegExp])[] = [
  ['Edge', /\bEdg(?:e|A|iOS)?\//],
  ['Opera', /\bOPR\//],
  ['Samsung Internet', /\bSamsungBrowser\//],
  ['Firefox', /\b(?:Firefox|FxiOS)\//],
  ['Chrome', /\b(?:Chrome|Chromium|CriOS|HeadlessChrome)\//],
  ['Safari', /\bSafari\//],
]
const SYSTEMS: readonly (readonly [name: string, sign: RegExp])[] = [
  ['iPhone', /\biPhone\b/],
  ['iPad', /\biPad\b/],
  ['Android', /\bAndroid\b/],
  ['Windows', /\bWindows\b/],
  ['macOS', /\bMac OS X\b/],
  ['ChromeOS', /\bCrOS\b/],
  ['Linux', /\bLinux\b/],
]

export interface Agent {
  /** Empty where it is none that we know. */
  readonly browser: string
  readonly system: string
}

export function agentOf(userAgent: string): Agent {
  const first = (list: typeof BROWSERS) => list.find(([, sign]) => sign.test(userAgent))?.[0] ?? ''
  return { browser: first(BROWSERS), system: first(SYSTEMS) }
}
