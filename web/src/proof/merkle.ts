/**
 * Merkle trees over SHA-256 (clause 2; RFC 6962 hashing, RFC 9162 for verifying).
 *
 * - A leaf hashes to `H(0x00 ‖ entry)`, a node to `H(0x01 ‖ left ‖ right)`, the empty tree to `H("")`.
 * - A path of any other length than the exact one is refused.
 * - Proofs are made from full subtrees only: `node(level, index)` is the root over the leaves
 *   `[index·2^level, (index+1)·2^level)`, which never changes once it exists.
 */

import { type Bytes, concat, equal } from './bytes'
import { sha256 } from './hash'
import { need } from './refused'

export const EMPTY_ROOT: Bytes = sha256(new Uint8Array())

export type GetNode = (level: number, index: number) => Bytes

const LEAF = Uint8Array.of(0)
const NODE = Uint8Array.of(1)

export function leafHash(entry: Uint8Array): Bytes {
  return sha256(concat(LEAF, entry))
}

export function nodeHash(left: Uint8Array, right: Uint8Array): Bytes {
  return sha256(concat(NODE, left, right))
}

/** The full subtrees on the right edge of a growing tree: all that appending needs. */
export class Frontier {
  size = 0
  private readonly hashes: Bytes[] = []

  append(leaf: Bytes): void {
    let node = leaf
    for (let rest = this.size; rest % 2 === 1; rest = (rest - 1) / 2)
      node = nodeHash(this.hashes.pop() as Bytes, node)
    this.hashes.push(node)
    this.size += 1
  }

  root(): Bytes {
    const last = this.hashes.at(-1)
    if (!last) return EMPTY_ROOT
    return this.hashes.slice(0, -1).reduceRight((root, left) => nodeHash(left, root), last)
  }

  copy(): Frontier {
    const copy = new Frontier()
    copy.size = this.size
    copy.hashes.push(...this.hashes)
    return copy
  }
}

export function treeRoot(leaves: Iterable<Bytes>): Bytes {
  const frontier = new Frontier()
  for (const leaf of leaves) frontier.append(leaf)
  return frontier.root()
}

/** Recompute the root that `path` leads to from a leaf hash (RFC 9162 section 2.1.3.2). */
export function rootOfPath(leaf: Bytes, index: bigint, size: bigint, path: readonly Bytes[]): Bytes {
  need(index >= 0n && index < size, 'proof/length', 'The proof is for a leaf outside of the tree.')
  let first = index
  let last = size - 1n
  let root = leaf
  for (const sibling of path) {
    need(last > 0n, 'proof/length', 'The proof is too long.')
    if (first & 1n || first === last) {
      root = nodeHash(sibling, root)
      while (first > 0n && !(first & 1n)) {
        first >>= 1n
        last >>= 1n
      }
    } else {
      root = nodeHash(root, sibling)
    }
    first >>= 1n
    last >>= 1n
  }
  need(last === 0n, 'proof/length', 'The proof is too short.')
  return root
}

/** A tree: its size and its root. */
export interface Tree {
  size: number
  root: Bytes
}

/** Check that the new tree begins with the old one (RFC 9162 section 2.1.4.2). */
export function checkConsistency(old: Tree, now: Tree, path: readonly Bytes[]): void {
  need(
    old.size <= now.size,
    'log/went-back',
    `The log shows ${now.size} entries, and had ${old.size} before.`,
  )
  if (old.size === 0 || old.size === now.size) {
    need(path.length === 0, 'proof/length', 'The consistency proof should be empty.')
    need(
      old.size > 0 || equal(old.root, EMPTY_ROOT),
      'proof/root',
      'The root of no entries is not the hash of nothing.',
    )
    need(
      old.size === 0 || equal(old.root, now.root),
      'log/forked',
      `There are two trees of ${old.size} entries.`,
    )
    return
  }
  const hashes = isPowerOfTwo(old.size) ? [old.root, ...path] : path
  const [before, after] = foldConsistency(old.size, now.size, hashes)
  need(
    equal(before, old.root),
    'log/forked',
    `The log does not begin with the ${old.size} entries seen before.`,
  )
  need(equal(after, now.root), 'proof/root', 'The consistency proof does not lead to the signed root.')
}

function foldConsistency(old: number, now: number, hashes: readonly Bytes[]): [Bytes, Bytes] {
  const [start, ...rest] = hashes
  need(start, 'proof/length', 'The consistency proof is too short.')
  let first = BigInt(old - 1)
  let last = BigInt(now - 1)
  while (first & 1n) {
    first >>= 1n
    last >>= 1n
  }
  let before = start
  let after = start
  for (const sibling of rest) {
    need(last > 0n, 'proof/length', 'The consistency proof is too long.')
    if (first & 1n || first === last) {
      before = nodeHash(sibling, before)
      after = nodeHash(sibling, after)
      while (first > 0n && !(first & 1n)) {
        first >>= 1n
        last >>= 1n
      }
    } else {
      after = nodeHash(after, sibling)
    }
    first >>= 1n
    last >>= 1n
  }
  need(last === 0n, 'proof/length', 'The consistency proof is too short.')
  return [before, after]
}

/** Return the sibling hashes from a leaf up to the root of the first `size` leaves. */
export function inclusionPath(index: number, size: number, node: GetNode): Bytes[] {
  need(index >= 0 && index < size, 'proof/length', 'The leaf is outside of the tree.')
  const path: Bytes[] = []
  let low = 0
  let high = size
  while (high - low > 1) {
    const middle = low + splitOf(high - low)
    if (index < middle) {
      path.push(rangeRoot(middle, high, node))
      high = middle
    } else {
      path.push(rangeRoot(low, middle, node))
      low = middle
    }
  }
  return path.reverse()
}

/** Return the proof that the tree of `now` leaves begins with the tree of `old` leaves. */
export function consistencyPath(old: number, now: number, node: GetNode): Bytes[] {
  need(old >= 0 && old <= now, 'proof/length', 'A tree cannot begin with a larger one.')
  const path: Bytes[] = []
  if (old === 0 || old === now) return path
  let low = 0
  let high = now
  while (high !== old) {
    const middle = low + splitOf(high - low)
    if (old <= middle) {
      path.push(rangeRoot(middle, high, node))
      high = middle
    } else {
      path.push(rangeRoot(low, middle, node))
      low = middle
    }
  }
  if (low > 0) path.push(rangeRoot(low, high, node))
  return path.reverse()
}

/** Names the full subtrees that cover the leaves `[low, high)`, largest first. */
export function subtreesOf(low: number, high: number): { level: number; index: number }[] {
  const found: { level: number; index: number }[] = []
  for (let at = low; at < high; ) {
    const level = Math.floor(Math.log2(high - at))
    found.push({ level, index: at / 2 ** level })
    at += 2 ** level
  }
  return found
}

function rangeRoot(low: number, high: number, node: GetNode): Bytes {
  const hashes = subtreesOf(low, high).map(({ level, index }) => node(level, index))
  const last = hashes.pop() as Bytes
  return hashes.reduceRight((root, left) => nodeHash(left, root), last)
}

/** Largest power of two below `count`, for count > 1. */
function splitOf(count: number): number {
  return 2 ** Math.floor(Math.log2(count - 1))
}

function isPowerOfTwo(count: number): boolean {
  return 2 ** Math.floor(Math.log2(count)) === count
}
