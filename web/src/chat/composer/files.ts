import type { Model } from '@/core/wire'

/** A pasted text longer than this can become a file: long texts are read better as one. */
export const LONG_PASTE = 8_000

/** What the picker of files offers first; the server judges by what is in a file, not by its name. */
export function acceptOf(model: Model | undefined): string {
  const text =
    'text/*,.md,.csv,.json,.yaml,.yml,.toml,.xml,.log,.py,.ts,.tsx,.js,.sh,.c,.h,.cpp,.rs,.go,.java'
  return [
    text,
    'application/pdf',
    ...(seesImages(model) ? ['image/png,image/jpeg,image/gif,image/webp'] : []),
  ].join()
}

export function seesImages(model: Model | undefined): boolean {
  return model?.verax.sees.includes('image') ?? false
}

/** Files of a paste or a drop. */
export function filesOf(data: DataTransfer | null): File[] {
  return [...(data?.files ?? [])]
}

/** Whether something that is dragged over the page holds files. */
export function holdsFiles(data: DataTransfer | null): boolean {
  return data?.types.includes('Files') ?? false
}

/** A pasted text as a file. */
export function textFile(text: string, name: string): File {
  return new File([text], name, { type: 'text/plain' })
}

const UNITS = ['byte', 'kilobyte', 'megabyte', 'gigabyte'] as const

/** A size in words of the language: `1.4 MB`. */
export function sizeText(bytes: number, language: string): string {
  const power = Math.min(UNITS.length - 1, Math.floor(Math.log(Math.max(bytes, 1)) / Math.log(1000)))
  return new Intl.NumberFormat(language, {
    style: 'unit',
    unit: UNITS[power] ?? 'byte',
    unitDisplay: power === 0 ? 'long' : 'short',
    maximumFractionDigits: power === 0 ? 0 : 1,
  }).format(bytes / 1000 ** power)
}
