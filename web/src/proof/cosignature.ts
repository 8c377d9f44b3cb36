/**
 * Witness cosignatures, and the policy that counts them (C2SP tlog-cosignature 1.0.1, tlog-policy).
 *
 * A policy lists logs, witnesses, groups and one quorum. Anything unknown in it fails: a policy is never
 * half applied.
 */

import { type Bytes, concat, fromDecimal, hasControl, MAX_SIZE, utf8 } from './bytes'
import { type Checkpoint, openCheckpoint } from './checkpoint'
import { isSigned } from './ed25519'
import { COSIGNATURE, parseKey, type VerifierKey } from './key'
import { isBy, type NoteSignature } from './note'
import { need } from './refused'
import { under } from './shape'

export interface Policy {
  logs: VerifierKey[]
  witnesses: Map<string, VerifierKey>
  groups: Map<string, { threshold: number; members: string[] }>
  quorum: string
}

export function parsePolicy(text: string): Policy {
  need(
    !hasControl(text, '\t\n') && !text.includes('\x7f'),
    'policy/malformed',
    'The policy holds control characters.',
  )
  const policy: Policy = { logs: [], witnesses: new Map(), groups: new Map(), quorum: '' }
  for (const line of text.split('\n')) {
    const items = line.replace(/^[ \t]+|[ \t]+$/g, '').split(/[ \t]+/)
    if (items[0] && !items[0].startsWith('#')) under('policy/malformed', () => takeLine(policy, items))
  }
  const members = [...policy.groups.values()].flatMap((group) => group.members)
  const lists = [members, materials(policy.logs), materials([...policy.witnesses.values()])]
  const isDistinct = lists.every((list) => new Set(list).size === list.length)
  need(isDistinct, 'policy/malformed', 'The policy names a key or a member twice.')
  need(policy.quorum, 'policy/malformed', 'The policy has no quorum.')
  return policy
}

function materials(keys: VerifierKey[]): string[] {
  return keys.map((key) => String(key.material))
}

function takeLine(policy: Policy, [kind, name = '', ...rest]: string[]): void {
  const isDefined = (item: string) => policy.witnesses.has(item) || policy.groups.has(item)
  const isNew = name !== '' && name !== 'none' && !isDefined(name)
  const [first = '', ...members] = rest
  if (kind === 'log' && rest.length <= 1) {
    policy.logs.push(parseKey(name))
  } else if (kind === 'witness' && (rest.length === 1 || rest.length === 2) && isNew) {
    policy.witnesses.set(name, parseKey(first, COSIGNATURE))
  } else if (kind === 'group' && members.length > 0 && isNew && members.every(isDefined)) {
    const threshold = first === 'any' ? 1 : first === 'all' ? members.length : Number(fromDecimal(first))
    const isReachable = threshold >= 1 && threshold <= members.length
    need(isReachable, 'policy/malformed', 'A threshold in the policy is out of range.')
    policy.groups.set(name, { threshold, members })
  } else if (
    kind === 'quorum' &&
    rest.length === 0 &&
    !policy.quorum &&
    (name === 'none' || isDefined(name))
  ) {
    policy.quorum = name
  } else {
    need(false, 'policy/malformed', 'The policy holds a line of unknown form.')
  }
}

/** Who cosigned a checkpoint, by the policy's names, and whether that is enough. */
export interface PolicyResult {
  isMet: boolean
  quorum: string
  /** Newest time stated, in seconds since 1970, by witness. */
  times: Map<string, bigint>
}

/** Verify a checkpoint's signature and cosignatures, and count the quorum. */
export async function checkPolicy(
  source: string,
  policy: Policy,
  origin: string,
  keys: readonly VerifierKey[],
): Promise<PolicyResult> {
  const checkpoint = await openCheckpoint(source, origin, policy.logs.length > 0 ? policy.logs : keys)
  const times = await cosignatures(checkpoint, policy.witnesses)
  const met = new Set(times.keys())
  for (const [name, group] of policy.groups)
    if (group.members.filter((member) => met.has(member)).length >= group.threshold) met.add(name)
  return { isMet: policy.quorum === 'none' || met.has(policy.quorum), quorum: policy.quorum, times }
}

async function cosignatures(
  checkpoint: Checkpoint,
  witnesses: ReadonlyMap<string, VerifierKey>,
): Promise<Map<string, bigint>> {
  const times = new Map<string, bigint>()
  for (const [name, key] of witnesses)
    for (const line of checkpoint.note.signatures.filter((item) => isBy(item, key))) {
      const time = await cosignedAt(key, checkpoint.note.text, line)
      need(time !== null, 'policy/cosignature', `The cosignature by ${name} is wrong.`)
      if (time > (times.get(name) ?? -1n)) times.set(name, time)
    }
  return times
}

/** Return the time that a cosignature states, in seconds since 1970; null when it does not hold. */
async function cosignedAt(
  key: VerifierKey,
  text: string,
  { signature }: NoteSignature,
): Promise<bigint | null> {
  if (signature.length !== 72) return null
  const time = new DataView(signature.buffer, signature.byteOffset).getBigUint64(0)
  const message: Bytes = concat(utf8(`cosignature/v1\ntime ${time}\n`), utf8(text))
  return time <= MAX_SIZE && (await isSigned(key.material, message, signature.slice(8))) ? time : null
}
