import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { ApiError } from '@/core/api'
import type { OpenedCheck } from '@/proof/prompt/opened'
import type { Segment } from '@/proof/prompt/segments'
import type { ReplyRecord } from '@/proof/record'
import { classes } from '@/ui/classes'
import { ErrorState, Loading } from '@/ui/States'
import styles from './OpenedPrompt.module.css'
import { openTurn } from './open-turn'
import panel from './ReceiptPanel.module.css'
import { OutcomeIcon } from './StepList'

/** What the model was given, each part with its author, compared here with the record and the published release. */
export default function OpenedPrompt({ record, isLogged }: { record: ReplyRecord; isLogged: boolean }) {
  const { t } = useTranslation('receipt')
  const opened = useQuery({
    queryKey: ['opened-turn', record.id, record.prompt],
    queryFn: () => openTurn(record),
    staleTime: Number.POSITIVE_INFINITY,
    retry: false,
  })
  if (opened.isPending) return <Loading />
  if (opened.isError) {
    const isNotOwner = opened.error instanceof ApiError && [401, 403].includes(opened.error.status)
    if (isNotOwner) return <p className={panel['soft']}>{t('prompt.notOwner')}</p>
    return <ErrorState error={opened.error} onRetry={() => void opened.refetch()} />
  }
  const { segments, checks } = opened.data
  return (
    <>
      <ul className={styles['checks']}>
        {checks.map((check) => (
          <Check key={check.check} check={check} />
        ))}
      </ul>
      {!isLogged && <p className={panel['soft']}>{t('prompt.notLogged')}</p>}
      <ol className={styles['segments']}>
        {segments.map((segment, at) => (
          // Segments never change places: they are what was sent.
          // biome-ignore lint/suspicious/noArrayIndexKey: two may be alike
          <Part key={at} segment={segment} />
        ))}
      </ol>
    </>
  )
}

function Check({ check }: { check: OpenedCheck }) {
  const { t } = useTranslation('receipt')
  const isFailed = check.outcome === 'failed'
  return (
    <li
      className={classes(styles['check'], styles[check.outcome])}
      role={isFailed ? 'alert' : undefined}
      data-check={check.check}
      data-outcome={check.outcome}
    >
      <OutcomeIcon outcome={check.outcome} />
      <div>
        <p>
          <strong>{t(`prompt.checks.${check.check}.name`)}</strong> {t(`outcome.${check.outcome}`)}
        </p>
        <p className={panel['soft']}>
          {check.outcome === 'verified'
            ? t(`prompt.checks.${check.check}.verified`)
            : check.reason === null
              ? t('prompt.earlier')
              : t(`reason.${check.reason}`, { defaultValue: check.detail })}
        </p>
      </div>
    </li>
  )
}

function Part({ segment }: { segment: Segment }) {
  const { t } = useTranslation('receipt')
  const isPicture = segment.role === 'image'
  return (
    <li className={classes(styles['segment'], styles[segment.by])}>
      <p className={styles['author']}>
        <strong>{t(`prompt.by.${segment.by}`)}</strong> <span>{t(`prompt.role.${segment.role}`)}</span>
      </p>
      {isPicture ? (
        <p className={panel['soft']}>{t('prompt.picture', { characters: segment.text.length })}</p>
      ) : (
        <pre dir="auto">{segment.text}</pre>
      )}
    </li>
  )
}
