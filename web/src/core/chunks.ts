/**
 * Parts of the app that come when they are needed, over a connection that may break.
 *
 * * A part that fails to load is asked for again after a pause, a few times, before its error is anybody's.
 * * A style sheet that failed belongs to a part whose code may load without it, and the loader of the build asks
 *   for each sheet once only: sheets that failed are asked for again before the part is.
 * * Code that failed is asked for again as far as the browser does: the HTML standard forgets failed fetches of
 *   modules (whatwg/html pull request 10327). Chromium builds from before that keep them as long as the page is
 *   open; there only loading the page again helps.
 */

/** Pauses before asking again, in milliseconds: a short break in the connection is over by then. */
export const PAUSES_MS: readonly number[] = [400, 1_200, 3_600]

const failedSheets = new Set<HTMLLinkElement>()

/** Notices style sheets that fail to load; called once, before any part is asked for. */
export function watchStyleSheets(): void {
  // Errors of elements do not bubble; they can be caught on their way down.
  window.addEventListener(
    'error',
    ({ target }) => {
      if (target instanceof HTMLLinkElement && target.rel === 'stylesheet') failedSheets.add(target)
    },
    true,
  )
}

/** Loads a part of the app; the error of the last try is thrown. */
export async function retrying<T>(load: () => Promise<T>): Promise<T> {
  for (const pauseMs of PAUSES_MS) {
    try {
      return await attempt(load)
    } catch {
      await new Promise((done) => setTimeout(done, pauseMs))
    }
  }
  return attempt(load)
}

async function attempt<T>(load: () => Promise<T>): Promise<T> {
  const links = [...failedSheets]
  failedSheets.clear()
  await Promise.all(links.map(askAgain))
  return load()
}

function askAgain(link: HTMLLinkElement): Promise<void> {
  return new Promise((done, fail) => {
    const copy = link.cloneNode() as HTMLLinkElement
    copy.addEventListener('load', () => done())
    copy.addEventListener('error', () => fail(new Error(`the style sheet ${copy.href} cannot be loaded`)))
    link.replaceWith(copy)
  })
}
