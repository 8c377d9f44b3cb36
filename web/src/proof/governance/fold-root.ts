/**
 * Rules of the fold for signers and for root documents (clauses 4 and 5.2).
 *
 * - Entry 0 is version 1, signed by the threshold of its own root role; it relies on root 0 and the empty tree.
 * - Version n+1 says n+1, keeps the name, does not lower the rules, and carries the threshold of version n
 *   *and* of version n+1, each by its own keys and persons.
 * - A root with unknown rules stops the fold, if the threshold of the root in force signed it.
 */

import { hex } from '../bytes'
import { EMPTY_ROOT } from '../merkle'
import { need, Refused } from '../refused'
import { type Envelope, type Signer, signersOf } from './dsse'
import { parseRoot, type Role, type RootDocument, SUPPORTED_RULES } from './root'
import type { Effect } from './state'
import type { RootChange, Statement } from './statement'

/** Return the persons who signed with a key that holds `role`. */
export function signersIn(role: Role, signers: readonly Signer[], root: RootDocument): Set<string> {
  const { keys } = root.roles[role]
  return new Set(signers.filter((signer) => keys.includes(signer.keyId)).map((signer) => signer.person))
}

/** Return the persons who signed in `role`, at least its threshold of them. */
export function requireThreshold(role: Role, signers: readonly Signer[], root: RootDocument): Set<string> {
  const persons = signersIn(role, signers, root)
  const { threshold } = root.roles[role]
  const isEnough = persons.size >= threshold
  need(isEnough, 'entry/signers', `It needs ${threshold} in the role ${role}, and ${persons.size} signed.`)
  return persons
}

export async function judgeGenesis(statement: Statement, envelope: Envelope): Promise<Effect> {
  if (statement.kind !== 'root') throw new Refused('entry/not-possible', 'The first entry must be a root.')
  checkRules(statement)
  const root = parseRoot(statement.document)
  need(statement.log === root.origin, 'entry/basis', 'The statement is for another log.')
  const { size, root: seen } = statement.seen
  const reliesOnNothing = statement.root === 0 && size === 0 && seen === hex(EMPTY_ROOT)
  need(reliesOnNothing, 'entry/basis', 'The first entry relies on root 0 and on the empty tree.')
  need(root.version === 1, 'entry/not-possible', 'The first root has version 1.')
  requireThreshold('root', await signersOf(envelope, root), root)
  return { root }
}

export async function judgeRootChange(
  statement: RootChange,
  envelope: Envelope,
  signers: readonly Signer[],
  root: RootDocument,
): Promise<Effect> {
  requireThreshold('root', signers, root)
  checkRules(statement)
  const next = parseRoot(statement.document)
  need(
    next.version === root.version + 1,
    'entry/not-possible',
    `The next root has version ${root.version + 1}.`,
  )
  need(next.name === root.name, 'entry/not-possible', 'A root cannot rename the installation.')
  need(next.rules >= root.rules, 'entry/not-possible', 'A root cannot lower the rules.')
  requireThreshold('root', await signersOf(envelope, next), next)
  return { root: next }
}

function checkRules(statement: RootChange): void {
  const rules = statement.document['rules']
  const isKnown = typeof rules !== 'number' || rules <= SUPPORTED_RULES
  need(isKnown, 'governance/rules', `The log demands rules ${rules}, which this version does not know.`)
}
