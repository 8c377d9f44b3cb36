/**
 * Where links of answers lead. Only the web and mail are let through, and only after the person saw the address.
 *
 * An address without a site is none of ours: a model must not send people into this app.
 */

import { createStore } from 'zustand/vanilla'

const ALLOWED = new Set(['http:', 'https:', 'mailto:'])

/** The address of a link, null where it is not one to follow. */
export function addressOf(href: string): URL | null {
  if (!URL.canParse(href)) return null
  const url = new URL(href)
  return ALLOWED.has(url.protocol) ? url : null
}

/** The site that a text names and that is another one than where the link leads; null where they agree. */
export function otherSiteIn(text: string, url: URL): string | null {
  if (url.protocol === 'mailto:') return null
  const named = /(?:^|[\s/@(])((?:[\p{L}\p{N}-]+\.)+\p{L}{2,})/u.exec(text)?.[1]
  if (named === undefined || !URL.canParse(`https://${named}`)) return null
  const host = bare(new URL(`https://${named}`).hostname)
  const actual = bare(url.hostname)
  return host === actual || actual.endsWith(`.${host}`) ? null : named
}

function bare(host: string): string {
  return host.replace(/^www\./, '')
}

export interface Leaving {
  readonly url: URL
  /** What the link said. */
  readonly text: string
}

/** The link that the person is asked about, null while there is none. */
export const leaving = createStore<{ readonly link: Leaving | null }>()(() => ({ link: null }))

export function askToLeave(url: URL, text: string): void {
  leaving.setState({ link: { url, text } })
}
