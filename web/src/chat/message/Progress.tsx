import { useContext } from 'react'
import { useTranslation } from 'react-i18next'
import { ApiError } from '@/core/api'
import type { ReplyLoss, ReplyState } from '@/core/reply'
import { Button } from '@/ui/Button'
import { useExplain } from '@/ui/errors'
import { ChatActions } from '../actions'
import { Notice } from './Notice'
import styles from './Progress.module.css'

/** How an answer on its way stands; nothing to say while words come. */
export function Progress({ state, hasText }: { state: ReplyState; hasText: boolean }) {
  const { t } = useTranslation('chat')
  if (state.connection === 'signedOut') return <Notice>{t('progress.signedOut')}</Notice>
  if (state.connection === 'waiting') return <Notice>{t('progress.waiting')}</Notice>
  if (state.isStopping) return <p className={styles['line']}>{t('progress.stopping')}</p>
  return (
    <p className={styles['line']}>
      <span className={styles['pulse']} aria-hidden="true" />
      {!hasText && <span>{t('progress.firstWord')}</span>}
    </p>
  )
}

export interface LossNoticeProps {
  readonly loss: ReplyLoss
  readonly parentId: string
  readonly depth: number
  readonly hasText: boolean
}

/** An answer that ended without a message: why, and what was lost with it. */
export function LossNotice({ loss, parentId, depth, hasText }: LossNoticeProps) {
  const { t } = useTranslation('chat')
  const { retry } = useContext(ChatActions)
  return (
    <Notice
      kind="problem"
      actions={
        <Button size="small" onClick={() => retry(parentId, depth)}>
          {t('action.retry')}
        </Button>
      }
    >
      <LossText loss={loss} hasText={hasText} />
    </Notice>
  )
}

function LossText({ loss, hasText }: { loss: ReplyLoss; hasText: boolean }) {
  const { t } = useTranslation('chat')
  const explain = useExplain()
  switch (loss.kind) {
    case 'lost':
      return (
        <p>
          <strong>{t('loss.lost')}</strong> {t(hasText ? 'loss.lostWithText' : 'loss.lostBefore')}
        </p>
      )
    case 'refused': {
      const { message, hint } = explain(loss.error)
      return (
        <>
          <p>
            <strong>{t('loss.refused')}</strong> {message}
          </p>
          {hint !== '' && <p>{hint}</p>}
        </>
      )
    }
    case 'failed': {
      const { code, message, hint } = loss.error
      const said = explain(new ApiError(0, code, message, hint))
      return (
        <>
          <p>
            <strong>{t('loss.failed')}</strong> {said.message}
          </p>
          {said.hint !== '' && <p>{said.hint}</p>}
          {loss.retryAfterS !== null && <p>{t('loss.wait', { count: loss.retryAfterS })}</p>}
        </>
      )
    }
    default:
      return loss satisfies never
  }
}
