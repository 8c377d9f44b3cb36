/**
 * The code of a one-time link, `/welcome#CODE`. It opens a session, so it leaves the address at once: the
 * address is shown, kept in the history and easily copied. The code lives in this module until it is used.
 */

const PLACE = '/welcome'

let code = ''

/** Takes the code out of the address; called before anything is drawn, and when the address changes. */
export function takeLinkCode(where: Location = window.location): void {
  if (where.pathname !== PLACE || where.hash.length < 2) return
  code = where.hash.slice(1)
  window.history.replaceState(window.history.state, '', PLACE)
}

/** Calls `listener` when a link is opened in a page that is open already; returns the way to stop. */
export function onLinkCode(listener: () => void): () => void {
  const hear = () => {
    takeLinkCode()
    if (code !== '') listener()
  }
  window.addEventListener('hashchange', hear)
  return () => window.removeEventListener('hashchange', hear)
}

/** Hands the code over, once; empty where there is none. */
export function spendLinkCode(): string {
  const taken = code
  code = ''
  return taken
}

/** The code in what somebody pasted: a whole link, or the code alone; empty where there is none. */
export function codeOf(pasted: string): string {
  const text = pasted.trim()
  const found = text.includes('#') ? text.slice(text.indexOf('#') + 1) : text
  return /^[\w-]{16,256}$/.test(found) ? found : ''
}
