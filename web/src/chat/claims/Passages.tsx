import { useTranslation } from 'react-i18next'
import { passagesOf, type ShownPassage } from '@/core/claims'
import type { ClaimBody } from '@/core/wire'
import styles from './Claims.module.css'

type Evidence = ClaimBody['evidence'][number]

/** What decided a claim, each passage with its source; where nothing did, what that means. */
export function Passages({ claim }: { claim: ClaimBody }) {
  const { t } = useTranslation('chat')
  if (new Set(claim.evidence.map(({ supports }) => supports)).size > 1)
    return <BothSides evidence={claim.evidence} />
  if (claim.evidence.length > 0) return <PassageList evidence={claim.evidence} />
  const isUnread = claim.verdict === 'not_checked' && claim.agreement == null
  return (
    <>
      {claim.verdict === 'not_found' && <p className={styles['nothing']}>{t('claims.nothing')}</p>}
      {isUnread && <p className={styles['nothing']}>{t('claims.unchecked')}</p>}
      {claim.agreement != null && <Agreement {...claim.agreement} />}
    </>
  )
}

/** What speaks for a claim and what against it, neither before the other in words. */
function BothSides({ evidence }: { evidence: readonly Evidence[] }) {
  const { t } = useTranslation('chat')
  return (['for', 'against'] as const).map((side) => (
    <section key={side} aria-label={t(`claims.side.${side}`)}>
      <p className={styles['side']}>{t(`claims.side.${side}`)}</p>
      <PassageList evidence={evidence.filter(({ supports }) => supports === (side === 'for'))} />
    </section>
  ))
}

/** What the model's own samples say, and that this is no check. */
function Agreement({ agreeing, samples }: { agreeing: number; samples: number }) {
  const { t } = useTranslation('chat')
  return (
    <>
      <p>{t('claims.agreement', { agreeing, samples })}</p>
      <p className={styles['nothing']}>{t('claims.agreementMeans')}</p>
    </>
  )
}

function PassageList({ evidence: all }: { evidence: readonly Evidence[] }) {
  return (
    <ul className={styles['passages']}>
      {passagesOf(all).map((shown) => (
        <li key={`${shown.evidence.digest}-${shown.evidence.passage_start}`}>
          <Passage {...shown} />
        </li>
      ))}
    </ul>
  )
}

function Passage({ evidence, parts }: ShownPassage) {
  const { t } = useTranslation('chat')
  return (
    <figure className={styles['passage']}>
      <figcaption>
        <bdi className={styles['source']}>{evidence.source}</bdi>
        {evidence.page !== null && <span>{t('claims.page', { page: evidence.page })}</span>}
        {evidence.heading !== '' && <bdi>{evidence.heading}</bdi>}
      </figcaption>
      <blockquote dir="auto">
        {parts.map(({ from, text, isDecisive }) => (isDecisive ? <mark key={from}>{text}</mark> : text))}
      </blockquote>
    </figure>
  )
}
