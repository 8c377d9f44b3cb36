import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { DraftRequest } from '@/core/wire'
import { RUNTIME } from '@/proof/governance/root'
import type { ChangeState } from '@/proof/governance/state'
import { FULL } from '@/proof/governance/statement'
import { Choice } from '@/ui/Choice'
import { Field } from '@/ui/Field'
import { Section } from '@/ui/Section'
import styles from './Changes.module.css'
import { shareOf, soakOf, stepsOf } from './plan'
import { SignAction } from './SignAction'
import type { Signer } from './signer'

type Reach = 'canary' | 'full'

/** Puts a change in force, for a share of the users first or for everybody at once. */
export function AdmitSection({
  change,
  isReady,
  signer,
}: {
  change: ChangeState
  isReady: boolean
  signer: Signer
}) {
  const { t } = useTranslation('changes')
  // A process runs one program: code has no canary.
  const mayBegin = change.channel !== RUNTIME
  const [reach, setReach] = useState<Reach>(mayBegin ? 'canary' : 'full')
  const [share, setShare] = useState('10')
  const [then, setThen] = useState('25, 50')
  const [soak, setSoak] = useState('1h')
  const [users, setUsers] = useState('30')
  if (!isReady) return null
  if (!signer.roles.has('operator')) {
    return (
      <Section title={t('admit.title')}>
        <p className={styles['soft']}>{t('admit.notYou')}</p>
      </Section>
    )
  }
  const first = shareOf(share)
  const soakS = soakOf(soak)
  const isCount = /^\d{1,9}$/.test(users)
  const plan = first === null || soakS === null ? null : stepsOf(first, then, soakS, Number(users))
  const wish: DraftRequest =
    reach === 'full' || first === null || plan === null
      ? { kind: 'admit', change: change.id, share_bp: FULL }
      : { kind: 'admit', change: change.id, share_bp: first, plan }
  return (
    <Section title={t('admit.title')} hint={t('admit.hint')}>
      {mayBegin && (
        <Choice
          label={t('admit.reach')}
          value={reach}
          options={[
            { value: 'canary', label: t('admit.canary') },
            { value: 'full', label: t('admit.full') },
          ]}
          onChange={setReach}
        />
      )}
      {reach === 'canary' && (
        <div className={styles['grid']}>
          <Field
            label={t('admit.share')}
            inputMode="decimal"
            value={share}
            problem={first === null ? t('admit.shareProblem') : undefined}
            onChange={(event) => setShare(event.target.value)}
          />
          <Field
            label={t('admit.then')}
            value={then}
            problem={first !== null && soakS !== null && plan === null ? t('admit.thenProblem') : undefined}
            onChange={(event) => setThen(event.target.value)}
          />
          <Field
            label={t('admit.soak')}
            hint={t('admit.soakHint')}
            value={soak}
            problem={soakS === null ? t('admit.soakProblem') : undefined}
            onChange={(event) => setSoak(event.target.value)}
          />
          <Field
            label={t('admit.users')}
            hint={t('admit.usersHint')}
            inputMode="numeric"
            value={users}
            problem={isCount ? undefined : t('admit.usersProblem')}
            onChange={(event) => setUsers(event.target.value)}
          />
        </div>
      )}
      <div className={styles['actions']}>
        <SignAction
          kind="primary"
          action={t(reach === 'canary' ? 'admit.begin' : 'admit.all')}
          isDisabled={reach === 'canary' && (plan === null || !isCount)}
          wish={wish}
        />
      </div>
    </Section>
  )
}
