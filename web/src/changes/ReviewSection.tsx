import { useTranslation } from 'react-i18next'
import { shortCode } from '@/core/short-code'
import { approvalsOf, rulesOf } from '@/proof/governance/fold-change'
import type { ChangeState, State } from '@/proof/governance/state'
import { Badge } from '@/ui/Badge'
import { Section } from '@/ui/Section'
import { When } from '@/ui/When'
import { BanText } from './BanSection'
import type { MetBan } from './bans'
import styles from './Changes.module.css'
import { SignAction } from './SignAction'
import type { Signer } from './signer'
import type { Standing } from './standing'

/** What reviewers said, and the way to say something as one of them. */
export function ReviewSection({
  state,
  change,
  standing,
  signer,
  bans,
  named,
}: {
  state: State
  change: ChangeState
  standing: Standing
  signer: Signer
  /** Bans that the candidate meets; undefined while they are not known. */
  bans: readonly MetBan[] | undefined
  /** Digests of the bans that the review is to name. */
  named: ReadonlySet<string>
}) {
  const { t } = useTranslation('changes')
  const mayReview = standing.kind === 'open' && signer.roles.has('reviewer')
  const isAuthor = [...signer.persons].some((person) => change.signers.has(person))
  // A sole owner's own review does not count, and names bans all the same (ADR 0021).
  const isOwn = isAuthor && !(state.root?.solo && bans?.length)
  const isUnnamed = bans?.some(({ digest }) => !named.has(digest)) ?? true
  const need = state.root === null ? 0 : rulesOf(state.root, change.channel).approvals
  return (
    <Section title={t('reviews.title')} hint={t('reviews.hint', { count: need })}>
      {change.opinions.size === 0 && <p className={styles['soft']}>{t('reviews.none')}</p>}
      <ul className={styles['cards']}>
        {[...change.opinions].sort().map(([person]) => (
          <li key={person}>
            <Verdict state={state} change={change} person={person} bans={bans ?? []} />
          </li>
        ))}
      </ul>
      {standing.kind === 'open' && signer.lack === null && !mayReview && (
        <p className={styles['soft']}>{t('reviews.notYou')}</p>
      )}
      {mayReview && isOwn && <p className={styles['soft']}>{t('reviews.own')}</p>}
      {mayReview && !isOwn && (
        <div className={styles['actions']}>
          <SignAction
            kind="primary"
            action={t('reviews.approve')}
            isDisabled={isUnnamed}
            wish={{ kind: 'review', change: change.id, verdict: 'approve', unban: [...named].sort() }}
          >
            {bans?.map((ban) => (
              <div key={ban.digest}>
                <BanText ban={ban} />
              </div>
            ))}
          </SignAction>
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

function Verdict({
  state,
  change,
  person,
  bans,
}: {
  state: State
  change: ChangeState
  person: string
  bans: readonly MetBan[]
}) {
  const { t } = useTranslation('changes')
  const opinion = change.opinions.get(person)
  const outcome = opinion && state.outcomes[opinion.index]
  if (opinion === undefined || outcome === undefined) return null
  const doubt = doubtOf(state, change, person, bans)
  return (
    <article className={styles['card']}>
      <p className={styles['line']}>
        <strong>{person}</strong>
        <Badge kind={opinion.approves ? 'good' : 'bad'}>
          {t(opinion.approves ? 'reviews.approved' : 'reviews.rejected')}
        </Badge>
        {doubt !== null && <Badge kind="warn">{t(`reviews.${doubt}`)}</Badge>}
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

/** Why an approval does not count; null where it does, and for a rejection. */
function doubtOf(state: State, change: ChangeState, person: string, bans: readonly MetBan[]) {
  const opinion = change.opinions.get(person)
  if (!opinion?.approves || state.root === null) return null
  const { approving, counted } = approvalsOf(change, state.root)
  if (!approving.has(person)) return 'removed'
  if (!counted.has(person)) return 'ownVerdict'
  return bans.every(({ digest }) => opinion.unban.has(digest)) ? null : 'lacksBans'
}
