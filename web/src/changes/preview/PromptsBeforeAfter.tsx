import { useMutation } from '@tanstack/react-query'
import { type FormEvent, useMemo, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { ChangePreview, PromptPair } from '@/core/wire'
import { NONE } from '@/proof/governance/statement'
import { Problem } from '@/signing/Problem'
import { useRelease } from '@/transparency/useGovernance'
import { Badge } from '@/ui/Badge'
import { Button } from '@/ui/Button'
import { Field } from '@/ui/Field'
import changes from '../Changes.module.css'
import { PartRows } from './PartRows'
import styles from './Preview.module.css'
import { rowsOf } from './part-rows'
import { composePrompt } from './preview-calls'
import { checkWording } from './wording-check'

/** Prompts of the fixed examples and of one's own question, part by part, with what the change does to them. */
export function PromptsBeforeAfter({ preview }: { preview: ChangePreview }) {
  const { t } = useTranslation('changes')
  const own = useMutation({ mutationFn: (question: string) => composePrompt(preview.change, question) })
  const pairs = own.data === undefined ? preview.prompts : [own.data, ...preview.prompts]
  return (
    <div className={changes['stack']}>
      <h3>{t('preview.prompts.title')}</h3>
      <p className={changes['soft']}>{t('preview.prompts.hint', { date: preview.date })}</p>
      <WordingNote preview={preview} pairs={pairs} />
      <OwnPrompt isBusy={own.isPending} onCompose={own.mutate} />
      {own.error !== null && <Problem error={own.error} />}
      <ul className={styles['examples']}>
        {pairs.map((pair) => (
          <li key={pair.name}>
            <Example pair={pair} isFirst={pair === own.data} />
          </li>
        ))}
      </ul>
    </div>
  )
}

/** Says what this browser found when it held the parts of the releases against their published wording. */
function WordingNote({ preview, pairs }: { preview: ChangePreview; pairs: readonly PromptPair[] }) {
  const { t } = useTranslation('changes')
  const base = useRelease(preview.base === NONE ? null : preview.base)
  const candidate = useRelease(preview.candidate)
  const check = useMemo(
    () => checkWording(pairs, { base: base.data ?? null, candidate: candidate.data ?? null }),
    [pairs, base.data, candidate.data],
  )
  if (base.isPending || candidate.isPending) return null
  if (check.kind === 'failed') {
    return (
      <p role="alert" className={styles['alarm']}>
        {t('preview.wording.failed', { example: check.example, problem: check.problem })}
      </p>
    )
  }
  return (
    <p className={changes['soft']} data-wording={check.kind}>
      {t(`preview.wording.${check.kind}`)}
    </p>
  )
}

function OwnPrompt({ isBusy, onCompose }: { isBusy: boolean; onCompose: (question: string) => void }) {
  const { t } = useTranslation('changes')
  const [question, setQuestion] = useState('')
  const compose = (event: FormEvent) => {
    event.preventDefault()
    if (question.trim() !== '') onCompose(question)
  }
  return (
    <form className={styles['ask']} onSubmit={compose}>
      <Field
        label={t('preview.prompts.own')}
        value={question}
        onChange={(event) => setQuestion(event.target.value)}
      />
      <Button type="submit" isBusy={isBusy} disabled={question.trim() === ''}>
        {t('preview.prompts.compose')}
      </Button>
    </form>
  )
}

/** One input; its own question stands open at once. */
function Example({ pair, isFirst }: { pair: PromptPair; isFirst: boolean }) {
  const { t } = useTranslation('changes')
  const { base, candidate } = pair
  const rows = useMemo(() => rowsOf(base?.parts ?? [], candidate.parts), [base, candidate])
  const differs = rows.some(({ kind }) => kind !== 'same') || base?.problem?.code !== candidate.problem?.code
  return (
    <details className={changes['details']} open={isFirst} data-example={pair.name}>
      <summary>
        {t(`preview.example.${pair.name}`, { defaultValue: pair.title })}{' '}
        {base !== null && (
          <Badge kind={differs ? 'warn' : 'plain'}>{t(differs ? 'preview.differs' : 'preview.same')}</Badge>
        )}
      </summary>
      <div className={changes['stack']}>
        {base !== null && base.left_out + candidate.left_out > 0 && (
          <p className={changes['soft']}>
            {t('preview.prompts.leftOut', { before: base.left_out, after: candidate.left_out })}
          </p>
        )}
        {base?.problem != null && <p>{t('preview.prompts.noneBefore', { why: base.problem.message })}</p>}
        {candidate.problem !== null && (
          <p>{t('preview.prompts.noneAfter', { why: candidate.problem.message })}</p>
        )}
        {rows.length > 0 && <PartRows rows={rows} />}
      </div>
    </details>
  )
}
