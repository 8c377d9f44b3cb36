import { Popover } from 'radix-ui'
import { useContext, useId, useRef } from 'react'
import { useTranslation } from 'react-i18next'
import { standingOf } from '@/core/claims'
import type { ClaimBody } from '@/core/wire'
import { classes } from '@/ui/classes'
import styles from './Claims.module.css'
import { OpenClaim } from './OpenClaim'
import { Passages } from './Passages'

const SIGNS = {
  supported: '✓',
  contested: '±',
  contradicted: '✗',
  not_found: '?',
  unsure: '~',
  not_checked: '–',
} as const

/** Scrolls a long passage so far that what decided is in view. */
function reveal(content: HTMLElement | null): void {
  const decisive = content?.querySelector('mark')
  if (!content || !decisive) return
  // The popover has its height once it has been placed.
  requestAnimationFrame(() => {
    const below = decisive.getBoundingClientRect().bottom - content.getBoundingClientRect().bottom
    if (below > 0) content.scrollTop += below + content.clientHeight / 3
  })
}

/** The mark behind a sentence: its verdict, and on hover, tap, key or focus what decided it. */
export function ClaimMark({ claim }: { claim: ClaimBody }) {
  const { t } = useTranslation('chat')
  const { open, show, leave, close } = useContext(OpenClaim)
  const title = useId()
  // Whoever only passes by keeps their place; whoever opens it goes in.
  const goesIn = useRef(false)
  const isComingBack = useRef(false)
  const isOpen = open === claim
  const standing = standingOf(claim)
  const verdict = t(`claims.standing.${standing}`)
  return (
    <Popover.Root open={isOpen} onOpenChange={(opens) => (opens ? show(claim) : close(claim))}>
      <Popover.Trigger
        className={classes(styles['mark'], styles[standing])}
        aria-label={t('claims.show', { verdict, sentence: claim.text })}
        onMouseEnter={() => show(claim)}
        onMouseLeave={leave}
        onFocus={(event) => {
          if (!isComingBack.current && event.target.matches(':focus-visible')) show(claim)
          isComingBack.current = false
        }}
        onClick={(event) => {
          event.preventDefault()
          goesIn.current = true
          show(claim)
        }}
      >
        <span aria-hidden="true">{SIGNS[standing]}</span>
      </Popover.Trigger>
      <Popover.Portal>
        <Popover.Content
          ref={reveal}
          className={styles['popover']}
          sideOffset={6}
          collisionPadding={8}
          aria-labelledby={title}
          onMouseEnter={() => show(claim)}
          onMouseLeave={leave}
          onOpenAutoFocus={(event) => {
            if (!goesIn.current) event.preventDefault()
          }}
          onCloseAutoFocus={(event) => {
            if (!goesIn.current) event.preventDefault()
            isComingBack.current = goesIn.current
            goesIn.current = false
          }}
        >
          <p id={title} className={classes(styles['title'], styles[standing])}>
            <span aria-hidden="true">{SIGNS[standing]}</span> {verdict}
          </p>
          <Passages claim={claim} />
          <Popover.Close className={styles['close']}>{t('close', { ns: 'common' })}</Popover.Close>
        </Popover.Content>
      </Popover.Portal>
    </Popover.Root>
  )
}
