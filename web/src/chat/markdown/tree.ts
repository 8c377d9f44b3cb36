/** From blocks of Markdown to elements that are drawn: no HTML of the text's own, no address that is followed by itself. */

import type { Element, ElementContent, Root } from 'hast'
import type { Code, Html, Image, InlineCode, Link, LinkReference, Parents } from 'mdast'
import type { Math as DisplayMath, InlineMath } from 'mdast-util-math'
import { defaultHandlers, type Handlers, type State, toHast } from 'mdast-util-to-hast'
import type { Block } from './document'
import { hasHiddenSigns, piecesOf } from './hidden-signs'

declare module 'hast' {
  interface ElementData {
    code?: { readonly language: string; readonly text: string }
    formula?: { readonly tex: string; readonly isDisplay: boolean }
  }
}

/** The elements of a block; ids in it begin with `prefix`. */
export function treeOf(block: Block, prefix: string): Root {
  const tree = toHast(
    { type: 'root', children: [...block.nodes] },
    { allowDangerousHtml: false, clobberPrefix: `${prefix}-`, handlers: HANDLERS },
  )
  return tree.type === 'root' ? tree : { type: 'root', children: [tree as ElementContent] }
}

const HANDLERS: Handlers = {
  code: (_, node: Code) =>
    element('pre', [], { data: { code: { language: node.lang ?? '', text: node.value } } }),
  inlineCode: (_, node: InlineCode) => element('code', marked(node.value)),
  html: (_, node: Html, parent: Parents | undefined) => {
    const isBlock = parent?.type === 'root' || parent?.type === 'blockquote' || parent?.type === 'listItem'
    return element(isBlock ? 'p' : 'span', marked(node.value), { properties: { className: ['raw'] } })
  },
  math: (_, node: DisplayMath) => formula(node.value, true),
  inlineMath: (_, node: InlineMath) => formula(node.value, node.data?.isDisplay === true),
  image: (_, node: Image) => element('img', [], { properties: { alt: node.alt ?? '', src: node.url } }),
  link: (state: State, node: Link) => withMarks(defaultHandlers.link(state, node)),
  linkReference: (state: State, node: LinkReference) => {
    const made = defaultHandlers.linkReference(state, node)
    return Array.isArray(made) ? made : withMarks(made as Element)
  },
}

function element(tagName: string, children: ElementContent[], more: Partial<Element> = {}): Element {
  return { type: 'element', tagName, properties: {}, children, ...more }
}

function formula(tex: string, isDisplay: boolean): Element {
  return element('math', [], { data: { formula: { tex, isDisplay } } })
}

/** Text with its hidden signs shown. */
export function marked(text: string): ElementContent[] {
  return piecesOf(text).map((piece) =>
    piece.isHidden
      ? element('mark', [{ type: 'text', value: piece.text }], { properties: { className: ['hidden-sign'] } })
      : { type: 'text', value: piece.text },
  )
}

/** The same element with the hidden signs in its texts shown. */
export function withMarks<T extends Element | Root>(node: T): T {
  const children = (node.children as ElementContent[]).flatMap((child): ElementContent[] => {
    if (child.type === 'text') return hasHiddenSigns(child.value) ? marked(child.value) : [child]
    return child.type === 'element' ? [withMarks(child)] : [child]
  })
  return { ...node, children }
}

/** All text below a node. */
export function textOf(node: ElementContent | Root): string {
  if (node.type === 'text') return node.value
  return 'children' in node ? (node.children as ElementContent[]).map(textOf).join('') : ''
}
