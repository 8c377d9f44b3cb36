import { toJsxRuntime } from 'hast-util-to-jsx-runtime'
import { type ComponentProps, createContext, memo, type ReactNode, useContext, useMemo } from 'react'
import { Fragment, jsx, jsxs } from 'react/jsx-runtime'
import { useTranslation } from 'react-i18next'
import type { PlacedClaim } from '@/core/claims'
import { classes } from '@/ui/classes'
import { ClaimMark } from '../claims/ClaimMark'
import { ClaimText } from '../claims/ClaimText'
import { CodeBlock } from './CodeBlock'
import { withClaims } from './claims'
import type { Block } from './document'
import { Formula } from './Formula'
import { AnswerLink, OutsideImage } from './Link'
import styles from './Markdown.module.css'
import { treeOf } from './tree'

type Of<T extends keyof React.JSX.IntrinsicElements> = ComponentProps<T> & { readonly node?: Element }
type Element = import('hast').Element

interface ClaimPart {
  readonly node?: Element
  readonly children?: ReactNode
}

/** Whether what is drawn will not change any more. */
const Settled = createContext(true)

export interface MarkdownProps {
  readonly blocks: readonly Block[]
  /** Sets the ids of one text apart from those of others on the page. */
  readonly prefix: string
  /** The last block may still change. */
  readonly isGrowing?: boolean
  /** Sentences with a verdict, in their order. */
  readonly claims?: readonly PlacedClaim[]
}

const NO_CLAIMS: readonly PlacedClaim[] = []

/** A text in Markdown. Blocks that are settled are drawn once. */
export function Markdown({ blocks, prefix, isGrowing = false, claims = NO_CLAIMS }: MarkdownProps) {
  return (
    <div className={styles['text']}>
      {blocks.map((block, index) => (
        <BlockView
          key={block.start}
          block={block}
          prefix={prefix}
          claims={claimsFrom(claims, block.start, blocks[index + 1]?.start ?? Number.POSITIVE_INFINITY)}
          isSettled={!isGrowing || index < blocks.length - 1}
        />
      ))}
    </div>
  )
}

function claimsFrom(claims: readonly PlacedClaim[], from: number, to: number): readonly PlacedClaim[] {
  const found = claims.filter((claim) => claim.from < to && claim.to > from)
  return found.length === 0 ? NO_CLAIMS : found
}

interface BlockViewProps {
  readonly block: Block
  readonly prefix: string
  readonly claims: readonly PlacedClaim[]
  readonly isSettled: boolean
}

const BlockView = memo(function BlockView({ block, prefix, claims, isSettled }: BlockViewProps) {
  const drawn = useMemo(
    () =>
      toJsxRuntime(withClaims(treeOf(block, prefix), block.base, claims), {
        Fragment,
        jsx,
        jsxs,
        components: COMPONENTS,
        passNode: true,
        ignoreInvalidStyle: true,
      }),
    [block, prefix, claims],
  )
  return <Settled value={isSettled}>{drawn}</Settled>
}, isSame)

/** The claims of a block are a new list at every draw, of the same claims. */
function isSame(before: BlockViewProps, now: BlockViewProps): boolean {
  return (
    before.block === now.block &&
    before.prefix === now.prefix &&
    before.isSettled === now.isSettled &&
    before.claims.length === now.claims.length &&
    before.claims.every((claim, index) => claim === now.claims[index])
  )
}

/** Headings of an answer stand below those of the page and of the message. */
function heading(level: 3 | 4 | 5 | 6) {
  const Tag = `h${level}` as const
  return ({ node: _, ...rest }: Of<'h3'>) => <Tag {...rest} dir="auto" />
}

const COMPONENTS = {
  h1: heading(3),
  h2: heading(4),
  h3: heading(5),
  h4: heading(6),
  h5: heading(6),
  h6: heading(6),
  p: ({ node: _, className, ...rest }: Of<'p'>) => (
    <p {...rest} className={className === 'raw' ? styles['raw'] : className} dir="auto" />
  ),
  span: ({ node: _, className, ...rest }: Of<'span'>) => (
    <span {...rest} className={className === 'raw' ? styles['raw'] : className} />
  ),
  ul: ({ node: _, className, ...rest }: Of<'ul'>) => (
    <ul {...rest} dir="auto" className={className === 'contains-task-list' ? styles['tasks'] : undefined} />
  ),
  ol: ({ node: _, className: __, ...rest }: Of<'ol'>) => <ol {...rest} dir="auto" />,
  li: ({ node: _, className: __, ...rest }: Of<'li'>) => <li {...rest} dir="auto" />,
  blockquote: ({ node: _, ...rest }: Of<'blockquote'>) => <blockquote {...rest} dir="auto" />,
  input: TaskBox,
  table: Table,
  pre: ({ node }: Of<'pre'>) => <SettledCode code={node?.data?.code} />,
  code: ({ node: _, className: __, ...rest }: Of<'code'>) => <code {...rest} dir="ltr" />,
  mark: ({ node: _, className: __, ...rest }: Of<'mark'>) => (
    <mark {...rest} className={styles['hiddenSign']} dir="ltr" />
  ),
  a: AnswerLink,
  img: OutsideImage,
  'claim-text': ({ node, children }: ClaimPart) =>
    node?.data?.claim === undefined ? (
      children
    ) : (
      <ClaimText claim={node.data.claim.claim}>{children}</ClaimText>
    ),
  'claim-mark': ({ node }: ClaimPart) =>
    node?.data?.claim === undefined ? null : <ClaimMark claim={node.data.claim.claim} />,
  math: ({ node }: { readonly node?: Element }) => (
    <Formula tex={node?.data?.formula?.tex ?? ''} isDisplay={node?.data?.formula?.isDisplay === true} />
  ),
}

function SettledCode({ code }: { code: { language: string; text: string } | undefined }) {
  const isSettled = useContext(Settled)
  return <CodeBlock language={code?.language ?? ''} text={code?.text ?? ''} isSettled={isSettled} />
}

function Table({ node: _, ...rest }: Of<'table'>) {
  const { t } = useTranslation('chat')
  return (
    // A table that is wider than the screen is scrolled by itself, with the keyboard, too.
    // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls
    // biome-ignore lint/a11y/useSemanticElements: a section would be a landmark of its own
    <div className={styles['scroll']} role="group" aria-label={t('markdown.table')} tabIndex={0}>
      <table {...rest} dir="auto" />
    </div>
  )
}

function TaskBox({ checked }: Of<'input'>) {
  const { t } = useTranslation('chat')
  const isDone = checked === true
  return (
    <span
      role="img"
      aria-label={t(isDone ? 'markdown.done' : 'markdown.toDo')}
      className={classes(styles['box'], isDone && styles['done'])}
    />
  )
}
