import { render, screen } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import '@/testing/render'
import { ATTACKS } from './attacks'
import { blocksOf, GrowingDocument } from './document'
import { LeavingDialog } from './LeavingDialog'
import { leaving } from './links'
import { Markdown } from './Markdown'

function draw(text: string): HTMLElement {
  return render(<Markdown blocks={blocksOf(text)} prefix="m" />).container
}

beforeEach(() => leaving.setState({ link: null }))

describe('Markdown', () => {
  it('draws headings below those of the page, lists, tables and code', () => {
    const container = draw('# One\n\n- a\n- [x] b\n\n| a |\n|--:|\n| 1 |\n\n```py\nx = 1\n```\n\n`y`')
    expect(screen.getByRole('heading', { level: 3, name: 'One' })).toBeTruthy()
    expect(screen.getByRole('img', { name: 'Done' })).toBeTruthy()
    expect(screen.getByRole('group', { name: 'Table' }).querySelector('td')?.style.textAlign).toBe('right')
    expect(container.querySelector('pre')?.textContent).toBe('x = 1')
    expect(screen.getByText('py')).toBeTruthy()
    expect(screen.getByText('y').getAttribute('dir')).toBe('ltr')
  })

  it('colours code once its language has arrived, and keeps its text', async () => {
    const container = draw('```python\ndef f(): return "a"\n```')
    await vi.waitFor(() => expect(container.querySelector('pre span')).not.toBeNull(), 10_000)
    expect(container.querySelector('pre')?.textContent).toBe('def f(): return "a"')
  })

  it('sets formulas, and shows the source of one that is none', async () => {
    const container = draw('$x^2$ and $\\frac{$')
    await vi.waitFor(() => expect(container.querySelector('.katex math')).not.toBeNull(), 10_000)
    expect(container.querySelector('code')?.textContent).toBe('\\frac{')
  })

  it('shows HTML as the text that it is', () => {
    const container = draw('a <b onclick="x()">c</b>\n\n<div class="d">\ne\n</div>')
    expect(container.textContent).toContain('a <b onclick="x()">c</b>')
    expect(container.textContent).toContain('<div class="d">\ne\n</div>')
    expect(container.querySelector('b, .d')).toBeNull()
  })

  it('never fetches pictures: it shows what they are said to be, and their address', () => {
    const container = draw('![a cat](https://example.org/cat.png)')
    expect(container.textContent).toBe(
      'Picture from elsewhere, not loaded: a cat https://example.org/cat.png',
    )
  })

  it('gives each text its own direction', () => {
    const container = draw('مرحبا\n\nhello')
    expect([...container.querySelectorAll('p')].map((p) => p.dir)).toEqual(['auto', 'auto'])
  })

  it('names hidden signs in code and in links', () => {
    const container = draw('`a\u202eb`\n\n[x\u200by](https://example.org)\n\n```\nc\u2066\n```')
    expect([...container.querySelectorAll('mark')].map((mark) => mark.textContent)).toEqual([
      'U+202E',
      'U+200B',
      'U+2066',
    ])
  })

  it('keeps joiners that writing needs', () => {
    expect(draw('`👩‍🚀 می‌خواهم`').querySelector('mark')).toBeNull()
  })

  it('keeps footnotes apart from those of other answers', () => {
    const container = draw('a[^1]\n\n[^1]: note')
    const ids = [...container.querySelectorAll('[id]')].map(({ id }) => id)
    expect(ids.length).toBeGreaterThan(0)
    expect(ids.every((id) => id.startsWith('m-') || id === 'footnote-label')).toBe(true)
  })
})

describe('links', () => {
  it('show where they lead before they lead there', async () => {
    const open = vi.spyOn(window, 'open').mockReturnValue(null)
    render(
      <>
        <Markdown blocks={blocksOf('[bank.example](https://evil.example/x?y#z)')} prefix="m" />
        <LeavingDialog />
      </>,
    )
    const link = screen.getByRole('link')
    expect(link.getAttribute('rel')).toBe('noopener noreferrer')
    await userEvent.click(link)
    const dialog = screen.getByRole('dialog')
    expect(dialog.textContent).toContain('https://evil.example/x?y#z')
    expect(screen.getByRole('alert').textContent).toBe(
      'The link says bank.example, but it leads to evil.example.',
    )
    expect(open).not.toHaveBeenCalled()
    await userEvent.click(screen.getByRole('button', { name: 'Open' }))
    expect(open).toHaveBeenCalledWith('https://evil.example/x?y#z', '_blank', 'noopener,noreferrer')
  })

  it('that must not be followed are text', () => {
    const container = draw('[x](javascript:alert(1)) [y](data:text/html,z) [z](/admin)')
    expect(container.querySelector('a')).toBeNull()
    expect(container.textContent).toBe('x (javascript:alert(1)) y (data:text/html,z) z (/admin)')
  })
})

describe('hostile answers', () => {
  const NAMED = ATTACKS.map((text, index) => [`${index} ${text.slice(0, 40)}`, text] as const)
  const FORBIDDEN =
    'script, iframe, object, embed, style, link, base, meta, form, input, img, video, audio, source, svg:not(button > svg)'

  it.each(NAMED)('run nothing and load nothing: %j', (_, text) => {
    const container = draw(text)
    expect(container.querySelector(FORBIDDEN)).toBeNull()
    for (const element of container.querySelectorAll('*')) {
      for (const { name, value } of element.attributes) {
        expect(name).not.toMatch(/^on|^srcset$|^src$|^formaction$|^style$/)
        if (name === 'href') expect(value).toMatch(/^(https?:|mailto:|#m-)/)
      }
    }
    expect(window).not.toHaveProperty('hacked')
  })

  it.each(NAMED)('also while they grow: %j', (_, text) => {
    const document = new GrowingDocument()
    const step = Math.ceil(text.length / 7)
    for (let length = step; length < text.length; length += step) {
      const { container, unmount } = render(
        <Markdown blocks={document.grow(text.slice(0, length))} prefix="m" isGrowing />,
      )
      expect(container.querySelector(FORBIDDEN)).toBeNull()
      unmount()
    }
  })
})
