/**
 * A log's signed tree, and its growth since the one seen before, read from tiles (clause 2).
 */

import { type Bytes, fromHex } from '../bytes'
import { checkConsistency, consistencyPath, EMPTY_ROOT, type Tree } from '../merkle'
import { hashIn, type Place, parseTile, placeOf, tilePath, widthOf } from '../tiles'
import { type ReadFile, readFile } from './source'

/** Check that a log only grew from one tree to another; reads the few tiles that show it. */
export async function checkGrowth(read: ReadFile, prefix: string, old: Tree, now: Tree): Promise<void> {
  if (old.size === 0 || old.size >= now.size) return checkConsistency(old, now, [])
  const places = new Map<string, Place>()
  consistencyPath(old.size, now.size, (level, index) => {
    places.set(`${level}/${index}`, placeOf(level, index))
    return EMPTY_ROOT // only where it lies is asked for, this time
  })
  const tiles = await readTiles(read, prefix, now.size, [...places.values()])
  const path = consistencyPath(old.size, now.size, (level, index) => {
    const place = placeOf(level, index)
    return hashIn(tiles.get(`${place.level}/${place.index}`) ?? [], place)
  })
  checkConsistency(old, now, path)
}

async function readTiles(
  read: ReadFile,
  prefix: string,
  size: number,
  places: readonly Place[],
): Promise<Map<string, Bytes[]>> {
  const wanted = new Map(places.map(({ level, index }) => [`${level}/${index}`, { level, index }]))
  const found = [...wanted].map(async ([name, { level, index }]): Promise<[string, Bytes[]]> => {
    const width = widthOf(level, index, size)
    return [name, parseTile(await readFile(read, `${prefix}/${tilePath(level, index, width)}`), width)]
  })
  return new Map(await Promise.all(found))
}

export function treeOf(mark: { size: number; root: string }): Tree {
  return { size: mark.size, root: fromHex(mark.root) }
}
