/**
 * Characters as bans see them (clause 8): case folding, and letters and digits that look alike.
 *
 * The table of look-alikes is the kernel's; a test of the repository holds both to the same answer for every
 * character of Unicode.
 */

const TABLE: Record<string, string> = {
  a: '4аαɑᴀᎪꭺ',
  b: '8вβьъɓʙƅᏼᏴ',
  c: 'сϲᴄсᏟꮯ',
  d: 'ԁđɖɗᴅꓓᎠꭰ',
  e: '3еεєɛɘəᴇҽᎬꭼ',
  f: 'ƒꜰϝ',
  g: '9ɡցɢԍᏀᏳ',
  h: 'нһηɦʜհҥᎻꮋ',
  j: 'јϳɉᴊյᎫꭻ',
  k: 'кκҝқᴋĸᏦꮶ',
  l: '1iіιıłӏїɩɪļǀΙᏞꮮꮖ',
  m: 'мμᴍᎷꮇ',
  n: 'пոռɴπ',
  o: '0оοøσօᴏөѳჿ',
  p: 'рρƿᴘᏢꮲ',
  q: 'ԛզ',
  r: 'гяᴦʀᎡꭱ',
  s: '5ѕꜱʂᏚꮪ',
  t: '7тτŧᴛᎢꭲ',
  u: 'цυսᴜʊ',
  v: 'νѵᴠᏙꮩ',
  w: 'ωшщԝᴡաᎳꮃ',
  x: 'хχҳ',
  y: 'уүγʏყ',
  z: '2зζᴢʐᏃꮓ',
}

/** Look-alikes after case folding, mapped to the letter that stands for them. */
export const LOOK_ALIKES: ReadonlyMap<string, string> = new Map(
  Object.entries(TABLE).flatMap(([letter, lookAlikes]) =>
    [...lookAlikes].flatMap((char) => [char, foldCharacter(char)].map((form) => [form, letter] as const)),
  ),
)

/** Fold the case of one character fully: `ß` becomes `ss`, every sigma one sigma. */
export function foldCharacter(char: string): string {
  const code = char.codePointAt(0) as number
  // Cherokee folds to its capitals, the dotless i to itself; elsewhere up and down again is the same.
  if (code >= 0x13a0 && code <= 0x13f5) return char
  if (code >= 0x13f8 && code <= 0x13fd) return String.fromCodePoint(code - 8)
  if (code >= 0xab70 && code <= 0xabbf) return String.fromCodePoint(code - 0xab70 + 0x13a0)
  return char === 'ı' ? char : char.toLowerCase().toUpperCase().toLowerCase()
}
