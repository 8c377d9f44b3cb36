import { render, screen, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { describe, expect, it } from 'vitest'
import type { ClaimBody } from '@/core/wire'
import '@/testing/render'
import { CheckedText } from './CheckedText'

const PASSAGE = 'Work began in 1924. The bridge opened in 1932. It is blue.'

function claim(text: string, sentence: string, verdict: ClaimBody['verdict']): ClaimBody {
  const start = [...text.slice(0, text.indexOf(sentence))].length
  return {
    choice: 0,
    start,
    end: start + [...sentence].length,
    text: sentence,
    verdict,
    probability: 0.5,
    reason: '',
    contested: false,
    agreement: null,
    evidence:
      verdict === 'supported'
        ? [
            {
              source: 'bridge.pdf',
              digest: 'd'.repeat(64),
              passage: PASSAGE,
              start: 20,
              end: 46,
              passage_start: 7,
              page: 3,
              heading: 'History',
              collection: 'bridge',
              version: 'v'.repeat(64),
              probability: 0.5,
              supports: true,
            },
          ]
        : [],
  }
}

const TEXT =
  '😀 Hello!\n\n- The bridge **opened** in 1932.\n- Seven `painters` work [there](https://example.com).'
const OPENED = claim(TEXT, 'The bridge **opened** in 1932.', 'supported')
const PAINTERS = claim(TEXT, 'Seven `painters` work [there](https://example.com).', 'not_found')

function draw(text = TEXT, claims: readonly ClaimBody[] = [PAINTERS, OPENED]): HTMLElement {
  return render(<CheckedText name="m" text={text} isGrowing={false} claims={claims} />).container
}

describe('an answer with verdicts', () => {
  it('marks the words of a sentence, in bold type too, and nothing else', () => {
    const [first, second] = [...draw().querySelectorAll('li')]
    const words = (item?: Element) =>
      [...(item?.querySelectorAll('span[class]') ?? [])].map((span) => span.textContent)
    expect(words(first).slice(0, 3)).toEqual(['The bridge ', 'opened', ' in 1932.'])
    expect(words(second)).toContain(' work ')
    expect(screen.getByText(/Hello/).querySelector('span')).toBeNull()
  })

  it('has a mark with a name behind each sentence, and none in a link', () => {
    const container = draw()
    expect(screen.getByRole('button', { name: /^Supported by a source: The bridge/ })).toBeTruthy()
    expect(screen.getByRole('button', { name: /^Not found in the sources: Seven/ })).toBeTruthy()
    expect(container.querySelector('a button')).toBeNull()
  })

  it('shows the passage with what decided, its source, page and heading; Escape closes it', async () => {
    draw()
    await userEvent.click(screen.getByRole('button', { name: /^Supported/ }))
    const shown = within(await screen.findByRole('dialog', { name: /Supported by a source/ }))
    expect(shown.getByText('The bridge opened in 1932.').tagName).toBe('MARK')
    for (const text of ['bridge.pdf', 'Page 3', 'History']) expect(shown.getByText(text)).toBeTruthy()
    await userEvent.keyboard('{Escape}')
    expect(screen.queryByRole('dialog')).toBeNull()
  })

  it('says of each passage whether it is for or against, also where both stand in one document', async () => {
    const against = OPENED.evidence.map((item) => ({ ...item, passage_start: 99, supports: false }))
    draw(TEXT, [{ ...OPENED, evidence: [...OPENED.evidence, ...against] }])
    await userEvent.click(screen.getByRole('button', { name: /^Supported/ }))
    const shown = within(await screen.findByRole('dialog'))
    for (const name of ['It is said here', 'Otherwise here']) {
      expect(within(shown.getByRole('region', { name })).getAllByRole('figure')).toHaveLength(1)
    }
  })

  it('opens on keyboard focus and on hovering over the words', async () => {
    const container = draw()
    await userEvent.hover(container.querySelector('li span[class]') as Element)
    expect(await screen.findByRole('dialog')).toBeTruthy()
  })

  it('says how many there are, and shows on demand only those without support', async () => {
    const container = draw()
    expect(screen.getByText('1 supported, 1 not found')).toBeTruthy()
    const filter = screen.getByRole('button', { name: 'Show only what is not supported' })
    await userEvent.click(filter)
    expect(within(screen.getByRole('list')).getAllByRole('listitem')).toHaveLength(1)
    expect(container.textContent).not.toContain('Hello')
    await userEvent.click(screen.getByRole('button', { name: 'Show the whole answer' }))
    expect(container.textContent).toContain('Hello')
  })

  it('says nothing where nothing was checked', () => {
    draw(TEXT, [])
    expect(screen.queryByRole('button')).toBeNull()
  })

  it('marks nothing where the text is not what was judged', () => {
    draw('Something else stands here now.', [OPENED])
    expect(screen.queryByRole('button', { name: /^Supported/ })).toBeNull()
    expect(screen.getByText('1 supported')).toBeTruthy()
  })
})
