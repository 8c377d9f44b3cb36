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

/** A pasted text as a file. */
export function textFile(text: string, name: string): File {
  return new File([text], name, { type: 'text/plain' })
}
