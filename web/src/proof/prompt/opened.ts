/**
 * "Published equals served": an opened turn against its record (clause 7).
 *
 * The segments must be those that the record commits to, the wording of the release in them must be what the
 * published release says, and joined again they must be the bytes that were handed to the model.
 */

import { hex } from '../bytes'
import type { Outcome } from '../receipt'
import { type ReplyRecord, TurnSecret } from '../record'
import { type Reason, Refused } from '../refused'
import { rejoin } from './rejoin'
import type { Release } from './release'
import { closeSegments, promptDigest, type Segment } from './segments'
import { wordingProblem } from './served'

export interface OpenedTurn {
  record: ReplyRecord
  /** The secret of the turn, 64 hex digits. */
  secret: string
  segments: readonly Segment[]
  /** The published release that the record names; null where it is not to be had. */
  release: Release | null
}

export interface OpenedCheck {
  check: 'prompt' | 'release' | 'sent'
  outcome: Outcome
  reason: Reason | null
  detail: string
}

// A turn that ended in one of these ways may never have reached a model.
const MAY_SEND_NOTHING: ReadonlySet<string> = new Set(['refused', 'failed', 'cancelled', 'withdrawn'])

/** Check an opened turn; never throws for what is in it. */
export async function checkOpened(turn: OpenedTurn): Promise<OpenedCheck[]> {
  const secret = secretOf(turn.secret)
  if (!secret || hex(secret.salt('record')) !== turn.record.salt)
    return [failed('prompt', 'segments/secret', 'The secret is not the one of this record.'), ...unchecked()]
  const isCommitted = promptDigest(closeSegments(turn.segments, secret)) === turn.record.prompt
  if (!isCommitted)
    return [
      failed('prompt', 'segments/differ', 'These are not the parts that the record commits to.'),
      ...unchecked(),
    ]
  const count = turn.segments.length
  return [
    verified('prompt', `The record commits to these ${count} parts.`),
    checkRelease(turn),
    await checkSent(turn, secret),
  ]
}

function secretOf(text: string): TurnSecret | null {
  try {
    return new TurnSecret(text)
  } catch {
    return null
  }
}

/** The wording of the release in the prompt is what the published release says, whole and in its order. */
function checkRelease({ record, segments, release }: OpenedTurn): OpenedCheck {
  if (!release) return noRelease('release')
  if (release.id !== record.release)
    return failed('release', 'segments/differ', 'Another release was given than the record names.')
  if (segments.length === 0) return verified('release', 'Nothing was put together for a model.')
  const { isKnown, problem } = wordingProblem(release, segments)
  if (!isKnown)
    return { check: 'release', outcome: 'not_checked', reason: 'template/unsupported', detail: problem }
  if (problem) return failed('release', 'segments/differ', problem)
  const ours = segments.filter((item) => item.by === 'release')
  return verified(
    'release',
    `All ${ours.length} parts by the release are the published ones, to the character.`,
  )
}

async function checkSent(
  { record, segments, release }: OpenedTurn,
  secret: TurnSecret,
): Promise<OpenedCheck> {
  const isSent = (data: Uint8Array) => secret.commit('sent', data) === record.sent
  if (MAY_SEND_NOTHING.has(record.status) && isSent(new Uint8Array()))
    return verified('sent', `Nothing was handed to a model; the turn ended as ${record.status}.`)
  if (!release) return noRelease('sent')
  try {
    const { candidates, isCertain } = await rejoin(release, record, segments)
    for (const data of candidates)
      if (isSent(data))
        return verified('sent', `Joined again they are the ${data.length} bytes that were sent.`)
    if (release.model.backend === 'remote') return unknownOptions()
    if (!isCertain) return otherEngine()
    return failed('sent', 'segments/not-sent', 'Joined again they are not the bytes that were sent.')
  } catch (error) {
    if (!(error instanceof Refused)) throw error
    return { check: 'sent', outcome: 'not_checked', reason: error.reason, detail: error.message }
  }
}

function unknownOptions(): OpenedCheck {
  const detail =
    'A request to a remote server also holds stop strings and JSON schemas, which no record names; without them the bytes differ.'
  return { check: 'sent', outcome: 'not_checked', reason: 'segments/unknown-options', detail }
}

function otherEngine(): OpenedCheck {
  const detail =
    'Joined here they are not the bytes that were sent, but this chat template may be rendered differently here: "verax receipt open" settles it.'
  return { check: 'sent', outcome: 'not_checked', reason: 'template/unsupported', detail }
}

function noRelease(check: OpenedCheck['check']): OpenedCheck {
  return {
    check,
    outcome: 'not_checked',
    reason: 'segments/no-release',
    detail: 'The published release is not to be had.',
  }
}

function unchecked(): OpenedCheck[] {
  return (['release', 'sent'] as const).map((check) => ({
    check,
    outcome: 'not_checked',
    reason: null,
    detail: 'An earlier check failed.',
  }))
}

function verified(check: OpenedCheck['check'], detail: string): OpenedCheck {
  return { check, outcome: 'verified', reason: null, detail }
}

function failed(check: OpenedCheck['check'], reason: Reason, detail: string): OpenedCheck {
  return { check, outcome: 'failed', reason, detail }
}
