import { useTranslation } from 'react-i18next'
import { Link } from 'wouter'
import type { State } from '@/proof/governance/state'
import styles from './Changes.module.css'
import type { Signer } from './signer'

/** Why the person at this browser can sign nothing here, and what to do; nothing where they can. */
export function KeyNote({ state, signer }: { state: State; signer: Signer }) {
  const { t } = useTranslation('changes')
  if (!signer.mayDraft || signer.lack === null) return null
  const words = {
    version: state.root?.version ?? 0,
    persons: [...signer.persons].sort().join(', '),
    addresses: signer.origins.join(', '),
  }
  return (
    <p className={styles['notice']} data-lack={signer.lack}>
      {t(`key.${signer.lack}`, words)}{' '}
      {signer.lack !== 'address' && <Link href="/settings/signing">{t('key.settings')}</Link>}
    </p>
  )
}
