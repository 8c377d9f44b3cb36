/**
 * Markdown as blocks, one for each piece of the outermost level, also while the text still grows.
 *
 * A block that another one follows never changes by what comes after it (CommonMark reads blocks line
 * by line), so a growing text is parsed from the beginning of its last block on and never from the
 * start. The exception is definitions of links and footnotes, which reach back: a text that has any is
 * one block once it is whole.
 */

import type { Nodes, Root, RootContent } from 'mdast'
import { fromMarkdown } from 'mdast-util-from-markdown'
import { gfmFromMarkdown } from 'mdast-util-gfm'
import { gfm } from 'micromark-extension-gfm'
import { formulaSyntax, formulaTree } from './formulas'

export interface Block {
  /** Where it begins in the text: what names it. */
  readonly start: number
  /** Where offset 0 of the nodes' positions lies in the text. */
  readonly base: number
  readonly nodes: readonly RootContent[]
}

const OPTIONS = {
  extensions: [gfm({ singleTilde: false }), formulaSyntax()],
  mdastExtensions: [gfmFromMarkdown(), ...formulaTree()],
}

/** The tree of a text. */
export function parseMarkdown(text: string): Root {
  return fromMarkdown(text, OPTIONS)
}

/** The blocks of a whole text. */
export function blocksOf(text: string): readonly Block[] {
  return new GrowingDocument().finish(text)
}

/** A text that grows at its end. */
export class GrowingDocument {
  private text = ''
  private settled: Block[] = []
  /** Where the last block begins: all before it is settled. */
  private tail = 0
  private isFinished = false

  /** Takes the whole text as far as it has come, and returns its blocks; only the last one may change yet. */
  grow(text: string): readonly Block[] {
    if (!text.startsWith(this.text) || this.isFinished) this.reset()
    this.text = text
    const blocks = parseBlocks(text.slice(this.tail), this.tail)
    const last = blocks.pop()
    if (last === undefined) return this.settled
    if (blocks.length > 0) {
      this.settled = [...this.settled, ...blocks]
      this.tail = last.start
    }
    return [...this.settled, last]
  }

  /** Takes the text that is whole now, and returns its blocks; those that did not change are the same objects. */
  finish(text: string): readonly Block[] {
    const blocks = this.grow(text)
    this.isFinished = true
    if (!blocks.some(({ nodes }) => nodes.some(isDefinition))) return blocks
    this.reset()
    return [{ start: 0, base: 0, nodes: parseBlocks(text, 0).flatMap(({ nodes }) => nodes) }]
  }

  private reset(): void {
    this.text = ''
    this.settled = []
    this.tail = 0
    this.isFinished = false
  }
}

/** Deeper text is no text: it is drawn as it is written. */
const DEEPEST = 60
/** A line that opens, or goes on in, so many lists or quotations that only reading it would take seconds. */
const TOO_DEEP =
  /^(?:[ \t]*(?:>|[-+*][ \t]|\d{1,9}[.)][ \t])){40}|^[ \t]{100,}(?:>|[-+*][ \t]|\d{1,9}[.)][ \t])/m

function parseBlocks(text: string, offset: number): Block[] {
  if (TOO_DEEP.test(text)) return [{ start: offset, base: offset, nodes: [plain(text)] }]
  return parseMarkdown(text).children.map((parsed) => {
    const at = parsed.position?.start.offset ?? 0
    const node = isDeeper(parsed, DEEPEST) ? plain(text.slice(at, parsed.position?.end.offset)) : parsed
    // Its line from the beginning: spaces before it tell code from text.
    const line = at === 0 ? 0 : Math.max(text.lastIndexOf('\n', at - 1), text.lastIndexOf('\r', at - 1)) + 1
    return { start: offset + line, base: offset, nodes: [node] }
  })
}

function isDefinition(node: RootContent): boolean {
  return node.type === 'definition' || node.type === 'footnoteDefinition'
}

function isDeeper(node: Nodes, depth: number): boolean {
  if (depth === 0) return true
  return 'children' in node && node.children.some((child) => isDeeper(child, depth - 1))
}

function plain(value: string): RootContent {
  return { type: 'paragraph', children: [{ type: 'text', value }] }
}
