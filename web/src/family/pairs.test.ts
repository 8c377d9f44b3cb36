import { describe, expect, it } from 'vitest'
import { freePairs } from './pairs'

const choices = { animals: ['bear', 'bee', 'cat'], colours: ['red', 'blue'] } as const
const find = (taken: Parameters<typeof freePairs>[1], count: number) =>
  freePairs({ animals: [...choices.animals], colours: [...choices.colours] }, taken, count)

describe('freePairs', () => {
  it('gives each animal once before any comes again', () => {
    expect(find([], 3).map(({ animal }) => animal)).toEqual(['bear', 'bee', 'cat'])
    const all = find([], 99)
    expect(all).toHaveLength(6)
    expect(new Set(all.map(({ animal, colour }) => `${colour} ${animal}`)).size).toBe(6)
  })

  it('leaves out what somebody has, and gives nothing for none', () => {
    const taken = [{ id: 'x', animal: 'bear', colour: 'red' }] as const
    expect(find(taken, 99)).toHaveLength(5)
    expect(find(taken, 99)).not.toContainEqual({ animal: 'bear', colour: 'red' })
    expect(find([], 0)).toEqual([])
    expect(find([], -2)).toEqual([])
  })
})
