/** The files of a receipt for somebody who trusts neither this page nor its server, and the command over them. */

import type { CheckFiles } from './check'

export interface TakeAwayFile {
  readonly kind: 'receipt' | 'keys' | 'reply' | 'bundle'
  readonly name: string
  readonly data: BlobPart
}

const OPTIONS = { receipt: '', keys: '--key ', reply: '--reply ', bundle: '--governance ' } as const

export function takeAwayFiles(turnId: string, { receipt, keys, reply, bundle }: CheckFiles): TakeAwayFile[] {
  const name = (kind: string, end: string) => `verax-${turnId.slice(0, 8)}-${kind}.${end}`
  const files: TakeAwayFile[] = [
    { kind: 'receipt', name: name('receipt', 'json'), data: receipt },
    { kind: 'keys', name: name('keys', 'txt'), data: keys },
  ]
  if (reply) files.push({ kind: 'reply', name: name('reply', 'txt'), data: reply })
  if (bundle) files.push({ kind: 'bundle', name: name('bundle', 'json'), data: bundle })
  return files
}

/** Return the command that checks the files offline, with the script of Verax's source. */
export function commandFor(files: readonly TakeAwayFile[]): string {
  return `python3 conformance/check_receipt.py ${files.map(({ kind, name }) => OPTIONS[kind] + name).join(' ')}`
}
