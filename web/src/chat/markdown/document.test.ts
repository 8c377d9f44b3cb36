import type { Nodes } from 'mdast'
import { describe, expect, it } from 'vitest'
import { type Block, blocksOf, GrowingDocument, parseMarkdown } from './document'

const SAMPLES: Readonly<Record<string, string>> = {
  everything:
    '# One\n\nA *b* **c** `d`\nsecond line  \nthird\n\n1. one\n\n   more\n2. two\n   - in\n\n> a\n> > b\nlazy\n\n| a | b |\n|:--|--:|\n| 1 | 2 |\n\n```py\na\n\nb\n```\n\nSetext\n---\n\n- [x] x\n- [ ] y\n\n***\nend',
  code: 'text\n\n    indented\n\n    more\n\ntext\n\n~~~\nopen\n\n```\nstill',
  lists: '- a\n- b\n\n\n- c\n* d\n\n  e\n1) f\n\n      g\n10) h',
  html: '<div>\na\n\n</div>\n\n<!-- b\n\nc --> d\n\n<x-y>\n\ne <b>f</b>',
  formulas: 'a $x$ b\n\n$$\nx\n\ny\n$$\n\n$$z$$\n\n\\[\nu\n\\]\n\nc \\(v\\)',
  lines: 'a\r\n\r\nb\r\rc\n\n\n\n   d\n\n\t\te\n',
  quotes: '> - a\n>\n>   b\n\n>c\n\nd\n===',
  chinese: '## 标题\n\n段落**粗体**。\n\n- 一\n- 二\n\n| 甲 | 乙 |\n|---|---|\n| 1 | 2 |',
}

/** The tree without the places in the text, which start again in each piece. */
function bare(node: Nodes): unknown {
  return JSON.parse(JSON.stringify(node, (key, value) => (key === 'position' ? undefined : value)))
}

function treeOf(blocks: readonly Block[]): unknown {
  return blocks.flatMap(({ nodes }) => nodes.map(bare))
}

function wholeTree(text: string): unknown {
  return parseMarkdown(text).children.map(bare)
}

describe('GrowingDocument', () => {
  for (const [name, text] of Object.entries(SAMPLES)) {
    it(`reads every beginning of a text as it is read at once, in steps of one sign (${name})`, () => {
      const document = new GrowingDocument()
      for (let length = 1; length <= text.length; length++) {
        const beginning = text.slice(0, length)
        const blocks = document.grow(beginning)
        if (JSON.stringify(treeOf(blocks)) !== JSON.stringify(wholeTree(beginning))) {
          expect(treeOf(blocks), beginning).toEqual(wholeTree(beginning))
        }
      }
    })

    it(`reads it the same in large steps (${name})`, () => {
      for (const step of [2, 5, 13, 40]) {
        const document = new GrowingDocument()
        for (let length = step; length < text.length; length += step) document.grow(text.slice(0, length))
        expect(treeOf(document.finish(text))).toEqual(wholeTree(text))
      }
    })
  }

  it('keeps the objects of blocks that are settled, also when the text is whole', () => {
    const document = new GrowingDocument()
    const first = document.grow('one\n\ntwo\n\nthr')
    const second = document.grow('one\n\ntwo\n\nthree\n\nfour')
    const last = document.finish('one\n\ntwo\n\nthree\n\nfour.')
    expect(second.slice(0, 2)).toEqual(first.slice(0, 2))
    expect(second[0]).toBe(first[0])
    expect(last[1]).toBe(first[1])
    expect(last[2]).toBe(second[2])
  })

  it('starts again when the text is another one', () => {
    const document = new GrowingDocument()
    document.grow('one\n\ntwo')
    expect(treeOf(document.grow('# other'))).toEqual(wholeTree('# other'))
    document.finish('# other')
    expect(treeOf(document.finish('# another'))).toEqual(wholeTree('# another'))
  })

  it('makes one block of a whole text with definitions, which reach back', () => {
    const text = 'see [a] and[^1]\n\n[a]: https://example.org\n\n[^1]: note'
    const document = new GrowingDocument()
    expect(document.grow(text)).toHaveLength(3)
    const blocks = document.finish(text)
    expect(blocks).toHaveLength(1)
    expect(treeOf(blocks)).toEqual(wholeTree(text))
  })

  it('gives no block for no text', () => {
    expect(blocksOf('')).toEqual([])
    expect(blocksOf('\n \n')).toEqual([])
  })
})
