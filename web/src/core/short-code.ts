/** The short code of a digest: 80 bits in Crockford's base32, as the command line writes it. */

const LETTERS = '0123456789abcdefghjkmnpqrstvwxyz'

/** Returns the code of a digest (64 hex digits), `k3v9-x2mp-77qd-w4tz` for instance. */
export function shortCode(digest: string): string {
  if (!/^[0-9a-f]{64}$/.test(digest)) throw new RangeError('expected 64 hex digits')
  let number = BigInt(`0x${digest.slice(0, 20)}`)
  let letters = ''
  for (let index = 0; index < 16; index += 1) {
    letters = (LETTERS[Number(number & 31n)] ?? '') + letters
    number >>= 5n
  }
  return letters.replace(/(.{4})(?=.)/g, '$1-')
}
