import { useTranslation } from 'react-i18next'
import { shortCode } from '@/core/short-code'
import { approvalsOf, rulesOf } from '@/proof/governance/fold-change'
import type { ChangeState, State } from '@/proof/governance/state'
import { Badge } from '@/ui/Badge'
import { Section } from '@/ui/Section'
import { When } from '@/ui/When'
import styles from './Changes.module.css'
import { SignAction } from './SignAction'
import type { Standing } from './standing'
import type { Signer } from './useSigner'

/** What reviewers said, and the way to say something as one of them. */
export function ReviewSection({
  state,
  change,
  standing,
  signer,
}: {
  state: State
  change: ChangeState
  standing: Standing
  signer: Signer
}) {
  const { t } = useTranslation('changes')
  const isOwn = [...signer.persons].some((person) => change.signers.has(person))
  const mayReview = standing.kind === 'open' && signer.roles.has('reviewer')
  const need = state.root === null ? 0 : rulesOf(state.root, change.channel).approvals
  return (
    <Section title={t('reviews.title')} hint={t('reviews.hint', { count: need })}>
      {change.opinions.size === 0 && <p className={styles['soft']}>{t('reviews.none')}</p>}
      <ul className={styles['cards']}>
        {[...change.opinions].sort().map(([person]) => (
          <li key={person}>
            <Verdict state={state} change={change} person={person} />
          </li>
        ))}
      </ul>
      {mayReview && isOwn && <p className={styles['soft']}>{t('reviews.own')}</p>}
      {mayReview && !isOwn && (
        <div className={styles['actions']}>
          <SignAction
            kind="primary"
            action={t('reviews.approve')}
            wish={{ kind: 'review', change: change.id, verdict: 'approve' }}
          />
          <SignAction
            kind="danger"
            action={t('reviews.reject')}
            wish={{ kind: 'review', change: change.id, verdict: 'reject' }}
          />
        </div>
      )}
    </Section>
  )
}

function Verdict({ state, change, person }: { state: State; change: ChangeState; person: string }) {
  const { t } = useTranslation('changes')
  const opinion = change.opinions.get(person)
  const outcome = opinion && state.outcomes[opinion.index]
  if (opinion === undefined || outcome === undefined) return null
  const counts = state.root !== null && approvalsOf(change, state.root).counted.has(person)
  return (
    <article className={styles['card']}>
      <p className={styles['line']}>
        <strong>{person}</strong>
        <Badge kind={opinion.approves ? 'good' : 'bad'}>
          {t(opinion.approves ? 'reviews.approved' : 'reviews.rejected')}
        </Badge>
        {opinion.approves && !counts && <Badge kind="warn">{t('reviews.uncounted')}</Badge>}
        {opinion.unban.size > 0 && (
          <Badge kind="warn">{t('reviews.unbans', { count: opinion.unban.size })}</Badge>
        )}
      </p>
      <p className={styles['soft']}>
        <code>{shortCode(outcome.id)}</code>, {t('entry', { index: opinion.index })},{' '}
        <When atMs={outcome.statement?.time_ms ?? 0} />
      </p>
    </article>
  )
}
