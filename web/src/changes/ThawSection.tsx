import { useTranslation } from 'react-i18next'
import type { ChangeState } from '@/proof/governance/state'
import { Section } from '@/ui/Section'
import styles from './Changes.module.css'
import { SignAction } from './SignAction'
import type { Signer } from './signer'

/** Lets a frozen channel answer again, by a change whose candidate is its head and that has all it needs. */
export function ThawSection({ change, signer }: { change: ChangeState; signer: Signer }) {
  const { t } = useTranslation('changes')
  return (
    <Section title={t('thaw.title')} hint={t('thaw.hint')}>
      {signer.roles.has('operator') ? (
        <div className={styles['actions']}>
          <SignAction
            kind="primary"
            action={t('thaw.action')}
            wish={{ kind: 'unfreeze', change: change.id }}
          />
        </div>
      ) : (
        <p className={styles['soft']}>{t('admit.notYou')}</p>
      )}
    </Section>
  )
}
