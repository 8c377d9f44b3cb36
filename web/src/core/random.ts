/** Random names: for requests that may be repeated. */

/** 22 letters, digits, `-` and `_` from 128 random bits. Works on pages without https, unlike `randomUUID`. */
export function randomId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  const text = btoa(String.fromCharCode(...bytes))
  return text.replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')
}
