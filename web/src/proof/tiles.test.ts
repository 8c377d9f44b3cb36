// @vitest-environment node
import { describe, expect, test } from 'vitest'
import { concat, utf8 } from './bytes'
import { leafHash, treeRoot } from './merkle'
import { hashIn, parseEntries, parseTile, placeOf, tilePath, WIDTH, widthOf } from './tiles'

test.each([
  [0, 0, 256, 'tile/0/000'],
  [1, 66, 256, 'tile/1/066'],
  ['entries', 1234067, 256, 'tile/entries/x001/x234/067'],
  ['entries', 999, 8, 'tile/entries/999.p/8'],
  [0, 1000, 255, 'tile/0/x001/000.p/255'],
] as const)('level %s, tile %i, width %i is at %s', (level, index, width, path) => {
  expect(tilePath(level, index, width)).toBe(path)
})

test('a tile is as wide as the tree has hashes for it', () => {
  expect([0, 1, 2].map((index) => widthOf(0, index, 300))).toEqual([256, 44, 0])
  expect([0, 1].map((index) => widthOf(1, index, 65_536))).toEqual([256, 0])
  expect([0, 1].map((index) => widthOf(1, index, 65_535))).toEqual([255, 0])
})

test('every full subtree is found in the tile that it lies in', () => {
  const leaves = Array.from({ length: 600 }, (_, at) => leafHash(utf8(String(at))))
  const tiles = new Map<string, ReturnType<typeof parseTile>>()
  for (let index = 0; index < 3; index += 1)
    tiles.set(`0/${index}`, leaves.slice(index * WIDTH, (index + 1) * WIDTH))
  tiles.set('1/0', [treeRoot(leaves.slice(0, 256)), treeRoot(leaves.slice(256, 512))])
  for (let level = 0; level <= 9; level += 1)
    for (let index = 0; (index + 1) * 2 ** level <= 600; index += 1) {
      const place = placeOf(level, index)
      const found = hashIn(tiles.get(`${place.level}/${place.index}`) ?? [], place)
      expect(found).toEqual(treeRoot(leaves.slice(index * 2 ** level, (index + 1) * 2 ** level)))
    }
  expect(() => hashIn(tiles.get('1/0') ?? [], placeOf(8, 2))).toThrow('too short')
})

describe('files of another length', () => {
  const entry = concat(Uint8Array.of(0, 2), utf8('ab'))
  test('are refused', () => {
    expect(parseEntries(concat(entry, entry), 2)).toEqual([utf8('ab'), utf8('ab')])
    expect(() => parseEntries(entry, 2)).toThrow('1 entries')
    for (let cut = 1; cut < entry.length; cut += 1)
      expect(() => parseEntries(entry.slice(0, cut), 1)).toThrow('torn')
    expect(() => parseTile(new Uint8Array(63), 2)).toThrow('63 bytes')
    expect(parseTile(new Uint8Array(64), 2)).toHaveLength(2)
  })
})
