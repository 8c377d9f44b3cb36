import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import type { State } from '@/proof/governance/state'
import { Reason } from '@/transparency/Reason'
import { When } from '@/ui/When'
import styles from './Changes.module.css'
import { freezeOf } from './standing'

/** Says that a channel answers nobody, who froze it and why; nothing where it is not frozen. */
export function FrozenNote({
  state,
  channel,
  children,
}: {
  state: State
  channel: string
  children?: ReactNode
}) {
  const { t } = useTranslation('changes')
  const freeze = freezeOf(state, channel)
  if (freeze === null) return null
  return (
    <div className={styles['notice']} data-frozen="true">
      <p>
        <strong>{t('frozen.title')}</strong>{' '}
        {t('frozen.by', { persons: freeze.persons.join(', '), index: freeze.index })}{' '}
        <When atMs={freeze.timeMs} />
      </p>
      <Reason digest={freeze.cause} />
      {children}
    </div>
  )
}
