import { fireEvent, screen } from '@testing-library/react'
import { describe, expect, it } from 'vitest'
import type { JsonObject } from '@/proof/canonical'
import { renderApp } from '@/testing/render'
import { Differences } from './Comparison'
import type { Manifest } from './wording'

/** A manifest with these values beside one that stays. */
const manifestWith = (values: JsonObject): Manifest => ({ source: { v: 1, ...values } })
const HEAD = manifestWith({})

describe('the differences between two releases', () => {
  it('of 50,000 lines open at their beginning, and give the rest in parts', { timeout: 60_000 }, () => {
    const many = Array.from({ length: 50_000 }, (_, at) => `rule ${at}`).join('\n')
    renderApp(<Differences before={HEAD} after={manifestWith({ extra: many })} />)
    const diff = document.querySelector('[role=group]')
    expect(diff?.childElementCount).toBe(200)
    expect(diff?.lastElementChild?.textContent).toContain('rule 199')
    fireEvent.click(screen.getByText('Show more (49800 lines left)'))
    expect(diff?.childElementCount).toBe(1_200)
    screen.getByText('Show more (48800 lines left)')
  })

  it('of many fields open with the first ones', () => {
    const extra = Object.fromEntries(Array.from({ length: 25 }, (_, at) => [`field_${at + 10}`, 'new']))
    renderApp(<Differences before={HEAD} after={manifestWith({ extra })} />)
    expect(screen.getAllByRole('group')).toHaveLength(20)
    fireEvent.click(screen.getByText('Show more (5 fields left)'))
    expect(screen.getAllByRole('group')).toHaveLength(25)
  })

  it('say so where a text is too far from the one before to be matched line by line', () => {
    const before = Array.from({ length: 600 }, (_, at) => `old ${at}\nsame ${at}`).join('\n')
    const after = Array.from({ length: 600 }, (_, at) => `new ${at}\nsame ${at}`).join('\n')
    renderApp(<Differences before={manifestWith({ extra: before })} after={manifestWith({ extra: after })} />)
    screen.getByText(/Too much of this text is another/)
  })
})
