import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { State } from '@/proof/governance/state'
import { ServedLink } from '@/transparency/ReleaseLink'
import { TextArea } from '@/ui/Field'
import styles from './Changes.module.css'
import { SignAction } from './SignAction'
import { useSigner } from './useSigner'

/** The ways back of a channel, each one signature of an operator: out with the canary or the head, or answer nobody. */
export function BackActions({ state, channel }: { state: State; channel: string }) {
  const { t } = useTranslation('changes')
  const [cause, setCause] = useState('')
  const { roles } = useSigner(state)
  const found = state.channels.get(channel)
  if (!found?.serving || found.frozen || !roles.has('operator')) return null
  const { canary, history } = found
  const to = canary === null ? history.at(-1)?.release : found.serving.release
  const isSaid = cause.trim() !== ''
  return (
    <details className={styles['details']}>
      <summary>{t('back.title')}</summary>
      <div className={styles['stack']}>
        <p className={styles['soft']}>{t('back.hint')}</p>
        {to !== undefined && (
          <p>
            {t(canary === null ? 'back.toHead' : 'back.dropCanary')} <ServedLink channel={channel} id={to} />
          </p>
        )}
        <TextArea
          label={t('back.cause')}
          rows={2}
          value={cause}
          onChange={(event) => setCause(event.target.value)}
        />
        <div className={styles['actions']}>
          {to !== undefined && (
            <SignAction
              kind="danger"
              action={t('back.rollback')}
              isDisabled={!isSaid}
              wish={{ kind: 'rollback', channel, to, cause: cause.trim() }}
            />
          )}
          <SignAction
            kind="danger"
            action={t('back.freeze')}
            isDisabled={!isSaid}
            wish={{ kind: 'freeze', channel, cause: cause.trim() }}
          />
        </div>
      </div>
    </details>
  )
}
