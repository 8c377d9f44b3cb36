import { useTranslation } from 'react-i18next'
import type { State } from '@/proof/governance/state'
import { Badge } from '@/ui/Badge'
import { Section } from '@/ui/Section'
import { When } from '@/ui/When'
import { ChangeLink } from './ChangeLink'
import { Facts } from './Facts'
import { Reason } from './Reason'
import { ReleaseLink } from './ReleaseLink'
import { type Proposal, proposalsOf } from './story'
import styles from './Transparency.module.css'

const SHOWN = 20

/** What was proposed for a channel: who said what, which tests passed, and what became of it. */
export function Proposals({ state, name }: { state: State; name: string }) {
  const { t } = useTranslation('transparency')
  const proposals = proposalsOf(state, name)
  return (
    <Section title={t('proposals.title')}>
      {proposals.length === 0 && <p className={styles['soft']}>{t('proposals.none')}</p>}
      <ol className={styles['channels']}>
        {proposals.slice(0, SHOWN).map((proposal) => (
          <li key={proposal.change.id}>
            <ProposalCard proposal={proposal} />
          </li>
        ))}
      </ol>
      {proposals.length > SHOWN && (
        <p className={styles['soft']}>{t('proposals.more', { count: proposals.length - SHOWN })}</p>
      )}
    </Section>
  )
}

function ProposalCard({ proposal: { change, status, timeMs, approved, rejected } }: { proposal: Proposal }) {
  const { t } = useTranslation('transparency')
  const gates = [...change.gates].map(([suite, gate]) =>
    t(gate.passed ? 'proposals.passed' : 'proposals.failed', { suite, n: gate.n }),
  )
  const kind = status === 'admitted' ? 'good' : status === 'open' ? 'accent' : 'plain'
  return (
    <article className={styles['channel']}>
      <p>
        <ReleaseLink id={change.candidate} /> <Badge kind={kind}>{t(`proposals.status.${status}`)}</Badge>{' '}
        <span className={styles['soft']}>
          <When atMs={timeMs} />
        </span>
      </p>
      <Facts
        facts={[
          [t('proposals.change'), <ChangeLink key="change" id={change.id} />],
          [t('channel.proposed'), [...change.signers].sort().join(', ')],
          [t('channel.approved'), approved.join(', ') || t('channel.nobodyElse')],
          ...(rejected.length > 0 ? ([[t('proposals.rejected'), rejected.join(', ')]] as const) : []),
          [t('proposals.gates'), gates.join('; ') || t('proposals.noGates')],
        ]}
      />
      <Reason digest={change.reason} />
    </article>
  )
}
