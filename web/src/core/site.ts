/** What this installation is, as anybody may know it. */

import { request, requestJson } from './api'
import type { SiteBody } from './wire'

export function readSite(signal?: AbortSignal): Promise<SiteBody> {
  return requestJson('/v1/site', { signal })
}

/** Notes that an owner finished the first-run screen. */
export function finishSetUp(): Promise<SiteBody> {
  return requestJson('/v1/site/set-up', { method: 'POST' })
}

/** The notices of the parts that are built into this page. */
export async function readLicences(signal?: AbortSignal): Promise<string> {
  const response = await request('/licences.txt', { headers: { accept: 'text/plain' }, signal })
  return response.text()
}

/** A fingerprint in groups that the eye can compare. */
export function groupsOf(fingerprint: string, size = 8): readonly string[] {
  return fingerprint.match(new RegExp(`.{1,${size}}`, 'g')) ?? []
}

/** The file that a person keeps somewhere else, to notice an installation that was replaced. */
export function fingerprintFile(site: SiteBody, address: string, nowMs: number): string {
  return `Verax installation: ${site.name}
Address:            ${address}
Written down:       ${new Date(nowMs).toISOString().slice(0, 10)}

Fingerprint of its root document (SHA-256):
${site.fingerprint}

Whoever checks a receipt of this installation starts from this number. If the
installation shows another one some day, it is not the same installation.
`
}
