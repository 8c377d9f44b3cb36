/**
 * Two texts compared line by line, within a bound of work: a browser must not hang on a text of 50,000 lines.
 *
 * - Lines that both texts begin and end with are set aside first; what lies between is compared.
 * - Comparing costs about the square of the edits, so beyond `MAX_EDITS` of them the stretch between is shown
 *   whole, first what went, then what came. Nothing is left out, and the result says so.
 */

import { diffArrays } from 'diff'

/** Lines that went or came in one stretch, beyond which it is not compared. */
export const MAX_EDITS = 1_000
/** Lines that stay on either side of a difference. */
const CONTEXT = 3

export interface DiffLine {
  readonly kind: 'same' | 'removed' | 'added'
  /** Null stands for a long stretch that stayed. */
  readonly text: string | null
}

export interface LineDiff {
  readonly lines: readonly DiffLine[]
  /** False where a stretch was too long to be compared: lines in it may stand among both what went and what came. */
  readonly isCompared: boolean
}

/** Compares two texts; null for one that was not there. */
export function diffOf(before: string | null, after: string | null): LineDiff {
  const old = linesOf(before)
  const now = linesOf(after)
  const head = countSame(old, now, (lines, at) => lines[at])
  const rest = Math.min(old.length, now.length) - head
  const tail = Math.min(
    rest,
    countSame(old, now, (lines, at) => lines[lines.length - 1 - at]),
  )
  const compared = runsOf(old.slice(head, old.length - tail), now.slice(head, now.length - tail))
  const runs: Run[] = [
    { kind: 'same', lines: old.slice(0, head) },
    ...compared.runs,
    { kind: 'same', lines: old.slice(old.length - tail) },
  ]
  const shown = joined(runs).flatMap((run, at, all) => cut(run, at === 0, at === all.length - 1))
  return { lines: shown, isCompared: compared.isCompared }
}

interface Run {
  readonly kind: DiffLine['kind']
  readonly lines: readonly string[]
}

function linesOf(text: string | null): string[] {
  if (text === null || text === '') return []
  return text.replace(/\n$/, '').split('\n')
}

function countSame(
  old: readonly string[],
  now: readonly string[],
  lineAt: (lines: readonly string[], at: number) => string | undefined,
): number {
  const most = Math.min(old.length, now.length)
  let count = 0
  while (count < most && lineAt(old, count) === lineAt(now, count)) count += 1
  return count
}

function runsOf(old: string[], now: string[]): { runs: Run[]; isCompared: boolean } {
  const whole: Run[] = [
    { kind: 'removed', lines: old },
    { kind: 'added', lines: now },
  ]
  if (old.length === 0 || now.length === 0) return { runs: whole, isCompared: true }
  const found = diffArrays(old, now, { maxEditLength: MAX_EDITS })
  if (found === undefined) return { runs: whole, isCompared: false }
  const runs = found.map(
    ({ value, added, removed }): Run => ({
      kind: added ? 'added' : removed ? 'removed' : 'same',
      lines: value,
    }),
  )
  return { runs, isCompared: true }
}

/** Runs without empty ones, neighbours of one kind as one. */
function joined(runs: readonly Run[]): Run[] {
  const all: Run[] = []
  for (const run of runs) {
    const last = all.at(-1)
    if (run.lines.length === 0) continue
    if (last?.kind === run.kind) all[all.length - 1] = { kind: run.kind, lines: last.lines.concat(run.lines) }
    else all.push(run)
  }
  return all
}

/** Of a long stretch that stayed only the lines next to a difference are shown. */
function cut({ kind, lines }: Run, isFirst: boolean, isLast: boolean): DiffLine[] {
  const head = isFirst ? 0 : CONTEXT
  const tail = isLast ? 0 : CONTEXT
  const isShort = lines.length <= head + tail + 1
  const shown: (string | null)[] =
    kind !== 'same' || isShort
      ? [...lines]
      : [...lines.slice(0, head), null, ...lines.slice(lines.length - tail)]
  return shown.map((text) => ({ kind, text }))
}
