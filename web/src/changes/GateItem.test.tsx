import { screen } from '@testing-library/react'
import { describe, expect, it } from 'vitest'
import type { GateQuestions } from '@/core/wire'
import { fromHex, fromUtf8 } from '@/proof/bytes'
import { encode } from '@/proof/canonical'
import { commitment } from '@/proof/record'
import { renderApp } from '@/testing/render'
import { askedOf } from './asked'
import { GateItem } from './GateItem'
import type { ReportCall, ReportItem } from './report'

const SALT = '0f'.repeat(16)
const requestOf = (text: string) => encode({ items: [{ role: 'user', text }] })

function callOf(question: string, reply: string): ReportCall {
  return { reply, salt: SALT, request: commitment(fromHex(SALT), 'request', requestOf(question)) }
}

function asked(samples: Record<'candidate' | 'head', string>): GateQuestions {
  const arms = ['candidate', 'head'] as const
  return {
    suite: 'identity',
    samples: arms.map((arm) => ({ item: 'one', arm, requests: [fromUtf8(requestOf(samples[arm]))] })),
  }
}

const ITEM: ReportItem = {
  item: 'one',
  mark: '0',
  reason: 'It named another maker.',
  calls: {
    candidate: [callOf('Who are you?', 'I am another.')],
    head: [callOf('Who are you?', 'I am Verax.')],
  },
}

describe('an item of a report', () => {
  it('shows the question once, with what the candidate and the head replied', () => {
    renderApp(
      <GateItem item={ITEM} asked={askedOf(asked({ candidate: 'Who are you?', head: 'Who are you?' }))} />,
    )
    expect(screen.getAllByText('Who are you?')).toHaveLength(1)
    screen.getByText('I am another.')
    screen.getByText('I am Verax.')
    screen.getByText(/It named another maker/)
    expect(screen.queryByRole('alert')).toBeNull()
  })

  it('says so where the record commits to another question', () => {
    renderApp(
      <GateItem item={ITEM} asked={askedOf(asked({ candidate: 'How nice!', head: 'Who are you?' }))} />,
    )
    expect(screen.getByRole('alert').textContent).toContain('is not the one that this turn was asked')
    expect(screen.queryByText('How nice!')).toBeNull()
  })

  it('shows the replies where no question is known', () => {
    renderApp(<GateItem item={ITEM} asked={undefined} />)
    screen.getByText('I am another.')
    expect(screen.queryByText('Who are you?')).toBeNull()
  })
})
