import { type FormEvent, memo, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Link } from 'wouter'
import { announce } from '@/ui/Announcer'
import { Badge } from '@/ui/Badge'
import { Button } from '@/ui/Button'
import { TextArea } from '@/ui/Field'
import changes from '../Changes.module.css'
import styles from './Preview.module.css'
import { Runs } from './Runs'
import { isOpen, isWhole, type Reply, type ReplyPair, SIDES, type Side } from './replies'
import { useReplies } from './useReplies'
import { type Run, wordDiff } from './word-diff'

/** One's own questions, and the fixed set, answered by both releases beside each other. */
export function RepliesSideBySide({
  change,
  isOpen: isChangeOpen,
  hasBase,
  fixed,
}: {
  change: string
  /** Whether replies can be asked for: only while the change can still be reviewed. */
  isOpen: boolean
  hasBase: boolean
  fixed: readonly string[]
}) {
  const { t } = useTranslation('changes')
  const { pairs, isAsking, ask, stop } = useReplies(change, hasBase ? SIDES : ['candidate'])
  const run = async (questions: readonly string[]) => {
    const isWhole = await ask(questions)
    announce(t(isWhole ? 'preview.replies.done' : 'preview.replies.notDone'))
  }
  return (
    <div className={changes['stack']}>
      <h3>{t('preview.replies.title')}</h3>
      <p className={changes['soft']}>{t('preview.replies.hint')}</p>
      {isChangeOpen || isAsking ? (
        <QuestionForm isAsking={isAsking} onAsk={run} onStop={stop} fixed={fixed} />
      ) : (
        <p>{t('preview.replies.closed')}</p>
      )}
      <ol className={styles['pairs']}>
        {pairs.map((pair) => (
          <li key={pair.id}>
            <Pair pair={pair} />
          </li>
        ))}
      </ol>
    </div>
  )
}

function QuestionForm({
  isAsking,
  onAsk,
  onStop,
  fixed,
}: {
  isAsking: boolean
  onAsk: (questions: readonly string[]) => void
  onStop: () => void
  fixed: readonly string[]
}) {
  const { t } = useTranslation('changes')
  const [question, setQuestion] = useState('')
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (question.trim() !== '' && !isAsking) onAsk([question])
  }
  return (
    <form className={changes['stack']} onSubmit={submit}>
      <TextArea
        label={t('preview.replies.question')}
        rows={2}
        value={question}
        onChange={(event) => setQuestion(event.target.value)}
      />
      <div className={changes['actions']}>
        <Button type="submit" disabled={isAsking || question.trim() === ''}>
          {t('preview.replies.ask')}
        </Button>
        <Button disabled={isAsking} onClick={() => onAsk(fixed)}>
          {t('preview.replies.askFixed', { count: fixed.length })}
        </Button>
        {isAsking && (
          <Button kind="danger" onClick={onStop}>
            {t('preview.replies.stop')}
          </Button>
        )}
      </div>
    </form>
  )
}

/** One question with its replies; what differs is marked once both are whole. */
const Pair = memo(({ pair: { question, replies } }: { pair: ReplyPair }) => {
  const { t } = useTranslation('changes')
  const all = [...replies.values()]
  const isWriting = all.some(isOpen)
  const isCompared = all.length === 2 && all.every(isWhole)
  const diff = isCompared
    ? wordDiff(replies.get('base')?.text ?? '', replies.get('candidate')?.text ?? '')
    : null
  const isSame = diff !== null && [...diff.before, ...diff.after].every(({ isMarked }) => !isMarked)
  return (
    <article className={changes['card']} aria-busy={isWriting} aria-label={question} data-pair="">
      <p className={changes['line']}>
        <strong dir="auto" className={styles['question']}>
          {question}
        </strong>
        {isCompared && (
          <Badge kind={isSame ? 'plain' : 'warn'}>{t(isSame ? 'preview.same' : 'preview.differs')}</Badge>
        )}
      </p>
      <div className={styles['wide']}>
        <div className={styles['sides']}>
          {SIDES.map((side) => {
            const reply = replies.get(side)
            if (reply === undefined) return null
            const runs = side === 'base' ? diff?.before : diff?.after
            return <ReplySide key={side} side={side} reply={reply} runs={runs ?? null} />
          })}
        </div>
      </div>
    </article>
  )
})

function ReplySide({ side, reply, runs }: { side: Side; reply: Reply; runs: readonly Run[] | null }) {
  const { t } = useTranslation('changes')
  const { status, problem, refusal, text, turn } = reply
  return (
    <section className={styles['part']} data-side={side} data-status={status}>
      <h4 className={styles['author']}>
        <span className={styles['label']}>{t(`preview.side.${side}`)}</span>{' '}
        <span>{t(`preview.status.${status}`)}</span>
      </h4>
      <div className={styles['reply']} dir="auto">
        {runs === null ? text : <Runs runs={runs} kind={side === 'base' ? 'removed' : 'added'} />}
      </div>
      {refusal !== '' && <p className={changes['soft']}>{refusal}</p>}
      {problem !== null && (
        <p role="alert" className={styles['alarm']}>
          {problem.message} {problem.hint}
        </p>
      )}
      {turn !== '' && !isOpen(reply) && (
        <p className={changes['soft']}>
          <Link href={`/receipt/${turn}`}>{t('preview.replies.receipt')}</Link>
        </p>
      )}
    </section>
  )
}
