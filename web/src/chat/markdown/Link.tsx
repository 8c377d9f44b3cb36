import type { Element } from 'hast'
import type { ComponentProps, MouseEvent } from 'react'
import { useTranslation } from 'react-i18next'
import styles from './Link.module.css'
import { addressOf, askToLeave } from './links'
import { textOf } from './tree'

type Of<T extends keyof React.JSX.IntrinsicElements> = ComponentProps<T> & { readonly node?: Element }

/** A link of an answer: it says where it leads before it leads there; one that must not be followed is text. */
export function AnswerLink({ node, href = '', children, id, ...rest }: Of<'a'>) {
  if (href.startsWith('#')) {
    // Footnotes: the way there and back within the answer, without touching the address of the page.
    const go = (event: MouseEvent) => {
      event.preventDefault()
      const target = document.getElementById(decodeURIComponent(href.slice(1)))
      target?.scrollIntoView({ block: 'center' })
      target?.focus({ preventScroll: true })
    }
    return (
      <a href={href} id={id} onClick={go} aria-label={rest['aria-label']}>
        {children}
      </a>
    )
  }
  const url = addressOf(href)
  if (url === null) {
    return (
      <span>
        {children} <span className={styles['address']}>({href})</span>
      </span>
    )
  }
  const ask = (event: MouseEvent) => {
    if (event.type === 'auxclick' && event.button !== 1) return
    event.preventDefault()
    askToLeave(url, node === undefined ? '' : textOf(node))
  }
  return (
    <a
      href={url.href}
      target="_blank"
      rel="noopener noreferrer"
      className={styles['link']}
      onClick={ask}
      onAuxClick={ask}
    >
      {children}
    </a>
  )
}

/** A picture from elsewhere: what it is said to show, and its address. It is not fetched. */
export function OutsideImage({ alt = '', src = '' }: Of<'img'>) {
  const { t } = useTranslation('chat')
  return (
    <span className={styles['image']}>
      {t('markdown.image', { alt: alt || t('markdown.imageWithoutText') })}{' '}
      <span className={styles['address']}>{src}</span>
    </span>
  )
}
