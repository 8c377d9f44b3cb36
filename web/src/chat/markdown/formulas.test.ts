import type { Nodes } from 'mdast'
import { describe, expect, it } from 'vitest'
import { parseMarkdown } from './document'

/** Formulas of a text: what they say, with `!` before one that is set apart. */
function formulasIn(text: string): string[] {
  const found: string[] = []
  const visit = (node: Nodes) => {
    if (node.type === 'inlineMath') found.push(node.data?.isDisplay === true ? `!${node.value}` : node.value)
    if (node.type === 'math') found.push(`!${node.value}`)
    if ('children' in node) node.children.forEach(visit)
  }
  visit(parseMarkdown(text))
  return found
}

describe('formulas', () => {
  it.each([
    ['a $x$ b', ['x']],
    ['$x$', ['x']],
    ['$a_1 + \\frac{1}{2}$ and $b$.', ['a_1 + \\frac{1}{2}', 'b']],
    ['$a\nb$', ['a\nb']],
    ['$$x$$', ['!x']],
    ['a $$x\ny$$ b', ['!x\ny']],
    ['$$\nx\n\ny\n$$', ['!x\n\ny']],
    ['a \\(x^2\\) b', ['x^2']],
    ['\\[x\\]', ['!x']],
    ['\\[\nx \\\\ y\n\\]', ['!x \\\\ y']],
    ['\\(f(x) = \\sin(x)\\)', ['f(x) = \\sin(x)']],
    ['**$x$**', ['x']],
    ['> - $x$', ['x']],
    ['| a |\n|---|\n| $x$ |', ['x']],
  ])('finds them: %j', (text, expected) => {
    expect(formulasIn(text)).toEqual(expected)
  })

  it.each([
    'from $5 to $10',
    'a $ b $ c',
    '$x $',
    '$ x$',
    '\\$x$',
    'echo $HOME and $PATH2',
    '`$x$`',
    '```\n$x$\n```',
    '$x',
    '$$x$',
    '\\(x',
    '\\[x\\)',
    '\\\\(x\\\\)',
    'a $$$$',
    '\\(\\)',
    '$x\n\ny$',
  ])('leaves text alone: %j', (text) => {
    expect(formulasIn(text)).toEqual([])
  })

  it('keeps what stands around a price', () => {
    const [paragraph] = parseMarkdown('$5 and **$10** each').children
    expect(paragraph).toMatchObject({
      children: [{ value: '$5 and ' }, { type: 'strong' }, { value: ' each' }],
    })
  })
})
