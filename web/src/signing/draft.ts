/**
 * What a draft says, read from its payload alone.
 *
 * Whoever signs should not believe a summary by the server, so the id and the short code are computed
 * here from the bytes that are signed, and a text counts only where its digest stands in them.
 */

import { shortCode } from '@/core/short-code'
import type { DraftBody } from '@/core/wire'
import { fromBase64, fromUtf8 } from '@/proof/bytes'
import { parseStatement, type Statement } from '@/proof/governance/statement'
import { digestOf } from '@/proof/hash'
import { Refused } from '@/proof/refused'

export interface ReadDraft {
  readonly statement: Statement
  /** Of the statement's id, as the command line shows it for the same bytes. */
  readonly code: string
  /** The reason or cause that the statement commits to; null where it has none, or its text was not sent. */
  readonly reason: string | null
}

/**
 * Reads a draft strictly; null where its payload is no statement, or its id belongs to another payload.
 * A signature under such a draft would go elsewhere than the page says, so nobody may sign it.
 */
export function readDraft({ id, payload, contents }: DraftBody): ReadDraft | null {
  try {
    const statement = parseStatement(fromBase64(payload))
    if (statement.id !== id) return null
    return { statement, code: shortCode(statement.id), reason: textOf(reasonOf(statement), contents) }
  } catch (error) {
    if (error instanceof Refused) return null
    throw error
  }
}

function reasonOf(statement: Statement): string | null {
  if (statement.kind === 'change') return statement.reason
  return statement.kind === 'move' ? statement.cause : null
}

function textOf(digest: string | null, contents: DraftBody['contents']): string | null {
  const sent = digest === null ? undefined : contents?.[digest]
  if (sent === undefined) return null
  const data = fromBase64(sent)
  return digestOf(data) === digest ? fromUtf8(data) : null
}
