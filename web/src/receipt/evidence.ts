/** What was found wrong, in one file: for whoever runs the installation, and for whoever should know. */

import type { Bytes } from '@/proof/bytes'
import type { CheckState } from './check'

export function evidenceOf({ alarm, problem, report, files, record }: CheckState): string {
  const failed = (report?.steps ?? []).filter((step) => step.outcome === 'failed')
  const evidence = {
    about: 'Evidence kept by a browser: what it was shown does not hold.',
    address: window.location.origin,
    time: new Date().toISOString(),
    alarm,
    problem,
    failed: failed.map(({ step, reason, detail }) => ({ step, reason, detail })),
    record,
    receipt: files === null ? null : textOf(files.receipt),
    keys: files?.keys ?? null,
  }
  return `${JSON.stringify(evidence, null, 2)}\n`
}

function textOf(data: Bytes): string {
  return new TextDecoder().decode(data)
}
