// @vitest-environment node
import { expect, test } from 'vitest'
import { type Bytes, hex, utf8 } from './bytes'
import {
  checkConsistency,
  consistencyPath,
  EMPTY_ROOT,
  Frontier,
  inclusionPath,
  leafHash,
  nodeHash,
  rootOfPath,
  treeRoot,
} from './merkle'

const MOST = 20
const LEAVES = Array.from({ length: MOST }, (_, at) => leafHash(utf8(`entry ${at}`)))
const node = (level: number, index: number) =>
  treeRoot(LEAVES.slice(index * 2 ** level, (index + 1) * 2 ** level))
const TREES = Array.from({ length: MOST + 1 }, (_, size) => ({ size, root: treeRoot(LEAVES.slice(0, size)) }))
const tree = (size: number) => TREES[size] as { size: number; root: Bytes }

/** RFC 6962 section 2.1, word for word. */
function rootByDefinition(leaves: Bytes[]): Bytes {
  const [first] = leaves
  if (!first) return EMPTY_ROOT
  if (leaves.length === 1) return first
  let split = 1
  while (split * 2 < leaves.length) split *= 2
  return nodeHash(rootByDefinition(leaves.slice(0, split)), rootByDefinition(leaves.slice(split)))
}

test('a tree has the root that the RFC defines, at every size', () => {
  for (let size = 0; size <= MOST; size += 1)
    expect(hex(tree(size).root)).toBe(hex(rootByDefinition(LEAVES.slice(0, size))))
})

test('every leaf of every small tree is proved, by a path of one length, and at no other index', () => {
  for (let size = 1; size <= MOST; size += 1)
    for (let index = 0; index < size; index += 1) {
      const path = inclusionPath(index, size, node)
      const leaf = LEAVES[index] as Bytes
      expect(rootOfPath(leaf, BigInt(index), BigInt(size), path)).toEqual(tree(size).root)
      expect(() => rootOfPath(leaf, BigInt(index), BigInt(size), [...path, EMPTY_ROOT])).toThrow()
      if (path.length > 0)
        expect(() => rootOfPath(leaf, BigInt(index), BigInt(size), path.slice(1))).toThrow()
      for (let other = 0; other < size; other += 1)
        if (other !== index) expect(isRoot(leaf, other, size, path)).toBe(false)
    }
})

function isRoot(leaf: Bytes, index: number, size: number, path: Bytes[]): boolean {
  try {
    return hex(rootOfPath(leaf, BigInt(index), BigInt(size), path)) === hex(tree(size).root)
  } catch {
    return false
  }
}

test('every pair of small trees is consistent by its path, and by no changed one', () => {
  for (let now = 0; now <= MOST; now += 1)
    for (let old = 0; old <= now; old += 1) {
      const path = consistencyPath(old, now, node)
      checkConsistency(tree(old), tree(now), path)
      expect(() => checkConsistency(tree(old), tree(now), [...path, EMPTY_ROOT])).toThrow()
      if (path.length > 0) expect(() => checkConsistency(tree(old), tree(now), path.slice(1))).toThrow()
      if (old > 0) {
        const forked = { size: old, root: leafHash(utf8('another tree')) }
        expect(() => checkConsistency(forked, tree(now), path)).toThrow()
        expect(() => checkConsistency(tree(old), { size: now, root: forked.root }, path)).toThrow()
      }
    }
  expect(() => checkConsistency(tree(5), tree(4), [])).toThrow('before')
})

test('a frontier that is copied grows by itself', () => {
  const frontier = new Frontier()
  for (const leaf of LEAVES.slice(0, 5)) frontier.append(leaf)
  const copy = frontier.copy()
  copy.append(LEAVES[5] as Bytes)
  expect([frontier.size, copy.size]).toEqual([5, 6])
  expect(frontier.root()).toEqual(tree(5).root)
  expect(copy.root()).toEqual(tree(6).root)
})
