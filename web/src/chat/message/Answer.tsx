import { RotateCcw } from 'lucide-react'
import { memo, Suspense, useContext } from 'react'
import { useTranslation } from 'react-i18next'
import { useStore } from 'zustand'
import { createStore } from 'zustand/vanilla'
import type { OpenConversation } from '@/core/conversation'
import type { Entry } from '@/core/conversation-state'
import type { Reply, ReplyState } from '@/core/reply'
import type { ClaimBody, Message, ToolCallEvent } from '@/core/wire'
import { ReceiptMark } from '@/receipt/ReceiptMark'
import { IconButton } from '@/ui/Button'
import { CopyButton } from '@/ui/Copy'
import { ChatActions } from '../actions'
import styles from './Answer.module.css'
import { Branches } from './Branches'
import { CheckedText } from './CheckedText'
import { LossNotice, Progress } from './Progress'
import { LeftOutNotice, RefusalNotice, TurnNotices } from './TurnNotices'

export interface AnswerProps {
  readonly conversation: OpenConversation
  /** Key of the entry: the same while the answer grows and after it is stored. */
  readonly name: string
  readonly depth: number
  /** The stored answer, or the one on its way. */
  readonly of: Message | Reply
}

const NO_CLAIMS: readonly ClaimBody[] = []
const NO_REPLY = createStore<ReplyState | null>(() => null)

/** An answer, stored or on its way: one and the same to the eye, and to the page. */
export const Answer = memo(function Answer({ conversation, name, depth, of }: AnswerProps) {
  const { t } = useTranslation('chat')
  const { retry } = useContext(ChatActions)
  const message = 'turn' in of ? of : null
  const reply = 'turn' in of ? null : of
  const state = useStore<typeof NO_REPLY | Reply['state'], ReplyState | null>(
    reply?.state ?? NO_REPLY,
    (value) => value,
  )
  const text = message?.text ?? state?.text ?? ''
  const isOnItsWay = state !== null && state.loss === null
  const entry: Entry =
    message !== null
      ? { kind: 'message', key: name, message }
      : { kind: 'reply', key: name, reply: reply as Reply }
  const parentId = message?.parent_id ?? reply?.parentId ?? ''
  return (
    <article className={styles['answer']} aria-busy={isOnItsWay}>
      <h2 className="visually-hidden">{t('message.answer')}</h2>
      <LeftOutNotice count={message?.turn?.left_out ?? state?.started?.left_out ?? 0} />
      <ToolCalls calls={state?.toolCalls ?? []} />
      {text !== '' && (
        <CheckedText
          name={name}
          text={text}
          isGrowing={isOnItsWay}
          claims={message?.claims ?? state?.claims ?? NO_CLAIMS}
        />
      )}
      {state?.refusal != null && <RefusalNotice {...state.refusal} />}
      {isOnItsWay && <Progress state={state} hasText={text !== ''} />}
      {state?.loss != null && (
        <LossNotice loss={state.loss} parentId={parentId} depth={depth} hasText={text !== ''} />
      )}
      {message !== null && <TurnNotices message={message} />}
      <div className={styles['tools']}>
        {message?.turn != null && (
          // Its texts and its code come later; nothing else waits for them.
          <Suspense fallback={null}>
            <ReceiptMark turn={message.turn} reply={message.text} createdMs={message.created_ms} />
          </Suspense>
        )}
        <Branches conversation={conversation} entry={entry} depth={depth} />
        {!isOnItsWay && text !== '' && <CopyButton text={text} label={t('action.copyAnswer')} />}
        {message !== null && (
          <IconButton size="small" label={t('action.retry')} onClick={() => retry(parentId, depth)}>
            <RotateCcw size={16} aria-hidden="true" />
          </IconButton>
        )}
      </div>
    </article>
  )
})

function ToolCalls({ calls }: { calls: readonly ToolCallEvent[] }) {
  const { t } = useTranslation('chat')
  if (calls.length === 0) return null
  return (
    <ul className={styles['calls']}>
      {calls.map((call) => (
        <li key={call.call_id}>
          <details>
            <summary>{t('message.toolCall', { name: call.name })}</summary>
            <pre>{call.arguments}</pre>
          </details>
        </li>
      ))}
    </ul>
  )
}
