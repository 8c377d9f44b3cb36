import { type ReactNode, useContext } from 'react'
import { useTranslation } from 'react-i18next'
import { ApiError } from '@/core/api'
import type { Message, TurnRef, TurnRefusal } from '@/core/wire'
import { Button } from '@/ui/Button'
import { useExplain } from '@/ui/errors'
import { ChatActions } from '../actions'
import { CrisisNotice } from './CrisisNotice'
import { Notice } from './Notice'

/** How the turn of a stored answer went, where there is something to say. */
export function TurnNotices({ message }: { message: Message }) {
  const { t } = useTranslation('chat')
  const { turn } = message
  if (message.erased_ms !== null) return <Notice>{t('notice.erased')}</Notice>
  return (
    <>
      {turn?.refusal != null && <RefusalNotice {...turn.refusal} />}
      {turn != null && turn.withheld > 0 && <Notice>{t('notice.withheld', { count: turn.withheld })}</Notice>}
      {turn?.drafts != null && <Notice>{t('notice.drafts', { total: turn.drafts.drawn })}</Notice>}
      <EndNotice message={message} status={turn?.status ?? 'complete'} />
    </>
  )
}

/** A policy stopped the turn: why, and what helps instead; in a crisis, whom to call. */
export function RefusalNotice({ reason, next_step, crisis }: Omit<TurnRefusal, 'category'>) {
  const { t } = useTranslation('chat')
  if (crisis !== null) return <CrisisNotice reason={reason} crisis={crisis} />
  return (
    <Notice>
      <p>
        <strong>{t('notice.refused')}</strong> {reason}
      </p>
      {next_step !== '' && <p>{next_step}</p>}
    </Notice>
  )
}

function EndNotice({ message, status }: { message: Message; status: TurnRef['status'] }): ReactNode {
  const { t } = useTranslation('chat')
  const { fillComposer } = useContext(ChatActions)
  switch (status) {
    case 'complete':
      return message.text === '' && message.turn?.refusal == null ? (
        <Notice>{t('notice.empty')}</Notice>
      ) : null
    case 'refused':
      return message.turn?.refusal == null ? <Notice>{t('notice.refused')}</Notice> : null
    case 'length':
      return (
        <Notice
          actions={
            <Button size="small" onClick={() => fillComposer(t('notice.goOn'))}>
              {t('notice.askToGoOn')}
            </Button>
          }
        >
          {t('notice.length')}
        </Notice>
      )
    case 'rewritten':
      return <Notice>{t('notice.rewritten')}</Notice>
    case 'withdrawn':
      return <Notice>{t('notice.withdrawn')}</Notice>
    case 'cancelled':
      return (
        <Notice actions={<AskAgain message={message} />}>
          {t(message.text === '' ? 'notice.stoppedEmpty' : 'notice.stopped')}
        </Notice>
      )
    case 'failed':
      return <FailureNotice message={message} />
    default:
      return status satisfies never
  }
}

function FailureNotice({ message }: { message: Message }) {
  const { t } = useTranslation('chat')
  const explain = useExplain()
  const { error } = message
  const said = error === null ? null : explain(new ApiError(0, error.code, error.message, error.hint))
  return (
    <Notice kind="problem" actions={<AskAgain message={message} />}>
      <p>
        <strong>{t(message.text === '' ? 'notice.failedEmpty' : 'notice.failed')}</strong> {said?.message}
      </p>
      {said !== null && said.hint !== '' && <p>{said.hint}</p>}
    </Notice>
  )
}

function AskAgain({ message }: { message: Message }) {
  const { t } = useTranslation('chat')
  const { retry } = useContext(ChatActions)
  return (
    <Button size="small" onClick={() => retry(message.parent_id, message.depth)}>
      {t('action.retry')}
    </Button>
  )
}

/** Which older messages the model did not read. */
export function LeftOutNotice({ count }: { count: number }) {
  const { t } = useTranslation('chat')
  return count > 0 ? <Notice>{t('notice.leftOut', { count })}</Notice> : null
}
