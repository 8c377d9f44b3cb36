import type { Root } from 'hast'
import { toJsxRuntime } from 'hast-util-to-jsx-runtime'
import { type ReactNode, useEffect, useMemo, useState } from 'react'
import { Fragment, jsx, jsxs } from 'react/jsx-runtime'
import { useTranslation } from 'react-i18next'
import { retrying } from '@/core/chunks'
import { CopyButton } from '@/ui/Copy'
import styles from './CodeBlock.module.css'
import { piecesOf } from './hidden-signs'
import { withMarks } from './tree'

/** Longer code stays plain: colours would hold the page up. */
const LONGEST_COLOURED = 60_000

export interface CodeBlockProps {
  readonly language: string
  readonly text: string
  /** Colours wait until the code will not change any more. */
  readonly isSettled: boolean
}

/** A block of code: its language, a button that copies it, and the code, which scrolls sideways. */
export function CodeBlock({ language, text, isSettled }: CodeBlockProps) {
  const { t } = useTranslation('chat')
  const coloured = useColours(language, text, isSettled)
  return (
    <figure className={styles['block']} dir="ltr">
      <figcaption className={styles['head']}>
        <span className={styles['language']}>{language || t('markdown.code')}</span>
        <CopyButton text={text} label={t('markdown.copyCode')} />
      </figcaption>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls */}
      <pre className={styles['code']} tabIndex={0}>
        <code>{coloured ?? <Plain text={text} />}</code>
      </pre>
    </figure>
  )
}

function Plain({ text }: { text: string }) {
  return piecesOf(text).map((piece, index) =>
    piece.isHidden ? (
      // biome-ignore lint/suspicious/noArrayIndexKey: pieces have no name but their place
      <mark key={index} className={styles['hiddenSign']}>
        {piece.text}
      </mark>
    ) : (
      piece.text
    ),
  )
}

type Highlight = typeof import('./highlight').highlight

let loading: Promise<Highlight> | undefined

function useColours(language: string, text: string, isSettled: boolean): ReactNode {
  const [highlight, setHighlight] = useState<Highlight | null>(null)
  const isWanted = isSettled && language !== '' && text.length <= LONGEST_COLOURED
  useEffect(() => {
    if (!isWanted || highlight !== null) return
    let isGone = false
    loading ??= retrying(() => import('./highlight')).then((module) => module.highlight)
    loading.then(
      (loaded) => !isGone && setHighlight(() => loaded),
      // Code without colours is still code; the next block tries again.
      () => (loading = undefined),
    )
    return () => {
      isGone = true
    }
  }, [isWanted, highlight])
  return useMemo(() => {
    const tree = isWanted ? highlight?.(language, text) : null
    return tree == null ? null : draw(tree)
  }, [isWanted, highlight, language, text])
}

function draw(tree: Root): ReactNode {
  return toJsxRuntime(withMarks(tree), {
    Fragment,
    jsx,
    jsxs,
    components: {
      span: ({ className, children }) => <span className={classesOf(className)}>{children}</span>,
      mark: ({ children }) => <mark className={styles['hiddenSign']}>{children}</mark>,
    },
  })
}

function classesOf(names: string | undefined): string {
  return (names ?? '')
    .split(' ')
    .map((name) => styles[name] ?? '')
    .join(' ')
}
