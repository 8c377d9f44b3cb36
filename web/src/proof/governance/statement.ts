/**
 * The six statements of the governance log, as in-toto Statements (clause 3).
 *
 * - The statement id is `hex(H(payload))`.
 * - The subject is what the statement is about; of a move what it brings in (admit, step, unfreeze) or takes
 *   out (rollback, freeze) (ADR 0022).
 * - Reading checks form only. Who may say what, and when, is the fold's business.
 */

import type { Bytes } from '../bytes'
import { encode, type JsonObject, parse } from '../canonical'
import { digestOf } from '../hash'
import { CHANNEL } from '../record'
import { need, Refused } from '../refused'
import {
  anyObject,
  choice,
  digest,
  digestOr,
  distinct,
  flag,
  integer,
  object,
  type Shaped,
  text,
  under,
} from '../shape'
import { RUNTIME, SUITE } from './root'

export const NONE = 'none'
export const FULL = 10_000

const STATEMENT_TYPE = 'https://in-toto.io/Statement/v1'
const MAX_UNBAN = 256

const maybe = digestOr(NONE)
const basis = {
  log: text(/^[!-~]{1,200}$/),
  root: integer(),
  seen: object({ size: integer(), root: digest }),
  nonce: text(/^[0-9a-f]{32}$/),
  time_ms: integer(),
}

const predicates = {
  root: object({ ...basis, document: anyObject }),
  change: object({ ...basis, channel: text(CHANNEL), base: maybe, base_index: integer(), reason: digest }),
  review: object({
    ...basis,
    verdict: choice('approve', 'reject'),
    candidate: digest,
    base: maybe,
    unban: distinct(digest, MAX_UNBAN),
  }),
  gate: object({
    ...basis,
    suite: text(SUITE),
    seed: digest,
    runtime: digest,
    n: integer(1),
    passed: flag,
    report: digest,
  }),
  move: object({
    ...basis,
    channel: text(CHANNEL),
    act: choice('admit', 'step', 'rollback', 'freeze', 'unfreeze'),
    change: maybe,
    from: maybe,
    to: maybe,
    share_bp: integer(0, FULL),
    cause: maybe,
  }),
  alarm: object({
    ...basis,
    code: text(/^[a-z][a-z0-9-]{0,31}\/[a-z][a-z0-9-]{0,63}$/),
    channel: text(CHANNEL),
    count: integer(1),
    first_ms: integer(),
    last_ms: integer(),
  }),
}

export type Kind = keyof typeof predicates
type Of<K extends Kind> = Shaped<(typeof predicates)[K]> & { kind: K; id: string; subject: string }

export type RootChange = Of<'root'>
export type Change = Of<'change'>
export type Review = Of<'review'>
export type Gate = Of<'gate'>
export type Move = Of<'move'>
export type Alarm = Of<'alarm'>
export type Statement = RootChange | Change | Review | Gate | Move | Alarm

const envelope = object({
  _type: choice(STATEMENT_TYPE),
  predicateType: choice(...(Object.keys(predicates) as Kind[]).map((kind) => `urn:verax:${kind}:v1`)),
  subject: (value, where) => {
    const isOne = Array.isArray(value) && value.length === 1
    return object({ name: text(undefined, 16), digest: object({ sha256: digest }) })(
      isOne ? (value[0] ?? '') : '',
      where,
    )
  },
  predicate: anyObject,
})

/** Parse a payload strictly. */
export function parseStatement(payload: Bytes): Statement {
  return under('entry/malformed', () => {
    const outer = envelope(parse(payload), 'statement')
    const kind = outer.predicateType.split(':')[2] as Kind
    const read = predicates[kind](outer.predicate, kind)
    const statement = {
      ...read,
      kind,
      id: digestOf(payload),
      subject: outer.subject.digest.sha256,
    } as Statement
    const [name, subject] = subjectOf(statement)
    const isAbout = outer.subject.name === name && statement.subject === subject
    need(isAbout, 'entry/malformed', `The subject is not what this ${kind} is about.`)
    checkForm(statement)
    return statement
  })
}

/** Return the name that a statement's subject must have, and the digest where the statement fixes it. */
function subjectOf(statement: Statement): [name: string, digest: string] {
  switch (statement.kind) {
    case 'root':
      return ['root', digestOf(encode(statement.document as JsonObject))]
    case 'change':
      return [thing(statement.channel), statement.subject]
    case 'review':
    case 'gate':
      return ['change', statement.subject]
    case 'move': {
      const takesOut = statement.act === 'rollback' || statement.act === 'freeze'
      return [thing(statement.channel), takesOut ? statement.from : statement.to]
    }
    case 'alarm':
      return ['detail', statement.subject]
    default:
      return statement satisfies never
  }
}

function thing(channel: string): string {
  return channel === RUNTIME ? 'runtime' : 'release'
}

function checkForm(statement: Statement): void {
  switch (statement.kind) {
    case 'change':
      refuse(
        (statement.base === NONE) !== (statement.base_index === 0),
        'base and base_index do not go together',
      )
      break
    case 'review':
      refuse(!isSorted(statement.unban), 'the list of bans is not in order')
      break
    case 'move':
      checkMove(statement)
      break
    case 'alarm':
      refuse(statement.first_ms > statement.last_ms, 'first_ms is after last_ms')
      break
    case 'root':
    case 'gate':
      break
    default:
      statement satisfies never
  }
}

function checkMove({ act, change, share_bp, from, to }: Move): void {
  const isBackward = act === 'rollback' || act === 'freeze'
  refuse((change === NONE) !== isBackward, `a ${act} names a change, or lacks one`)
  refuse((share_bp === 0) !== (act !== 'admit' && act !== 'step'), `the share of a ${act} is off`)
  const isInPlace = act === 'freeze' || act === 'unfreeze'
  refuse(isInPlace && from !== to, `a ${act} goes from the head to the head`)
}

function refuse(condition: boolean, message: string): void {
  if (condition) throw new Refused('entry/malformed', `The statement is malformed: ${message}.`)
}

function isSorted(items: string[]): boolean {
  return items.every((item, at) => at === 0 || (items[at - 1] as string) < item)
}
