import { screen } from '@testing-library/react'
import { describe, expect, it } from 'vitest'
import { renderApp } from '@/testing/render'
import { BarChart, roundUp } from './BarChart'

describe('roundUp', () => {
  it('gives the next of 1, 2 and 5 with zeros', () => {
    expect([0, 1, 1.5, 3, 7, 10, 11, 4999].map(roundUp)).toEqual([1, 1, 2, 5, 10, 10, 20, 5000])
  })
})

describe('BarChart', () => {
  it('has a name, a bar for each value, and none that leaves the picture', () => {
    const bars = [0, 3, 10].map((value, index) => ({ label: `2026-01-0${index + 1}`, value }))
    const { container } = renderApp(<BarChart title="Turns a day" bars={bars} />)
    expect(screen.getByRole('img', { name: 'Turns a day' })).toBeDefined()
    const drawn = [...container.querySelectorAll('rect')]
    const heights = drawn.map((bar) => Number(bar.getAttribute('height')))
    expect(heights[0]).toBe(0)
    expect((heights[1] ?? 0) / (heights[2] ?? 1)).toBeCloseTo(0.3)
    for (const bar of drawn) {
      expect(Number(bar.getAttribute('y')) + Number(bar.getAttribute('height'))).toBeLessThanOrEqual(220)
    }
  })
})
