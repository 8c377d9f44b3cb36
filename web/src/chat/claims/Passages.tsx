import { useTranslation } from 'react-i18next'
import { partsOfPassage } from '@/core/claims'
import type { ClaimBody } from '@/core/wire'
import styles from './Claims.module.css'

type Evidence = ClaimBody['evidence'][number]

/** What decided a claim, each passage with its source; where nothing did, what that means. */
export function Passages({ claim }: { claim: ClaimBody }) {
  const { t } = useTranslation('chat')
  if (claim.evidence.length === 0)
    return (
      <p className={styles['nothing']}>
        {t(claim.verdict === 'not_checked' ? 'claims.unchecked' : 'claims.nothing')}
      </p>
    )
  return (
    <ul className={styles['passages']}>
      {claim.evidence.map((evidence) => (
        <li key={`${evidence.digest}-${evidence.passage_start}-${evidence.start}`}>
          <Passage evidence={evidence} />
        </li>
      ))}
    </ul>
  )
}

function Passage({ evidence }: { evidence: Evidence }) {
  const { t } = useTranslation('chat')
  const [before, decisive, after] = partsOfPassage(evidence)
  return (
    <figure className={styles['passage']}>
      <blockquote dir="auto">
        {before}
        <mark>{decisive}</mark>
        {after}
      </blockquote>
      <figcaption>
        <bdi className={styles['source']}>{evidence.source}</bdi>
        {evidence.page !== null && <span>{t('claims.page', { page: evidence.page })}</span>}
        {evidence.heading !== '' && <bdi>{evidence.heading}</bdi>}
      </figcaption>
    </figure>
  )
}
