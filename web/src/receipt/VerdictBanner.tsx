import { CircleDashed, CircleHelp, OctagonAlert } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { saveFile } from '@/core/files'
import { Button } from '@/ui/Button'
import { classes } from '@/ui/classes'
import { Mark } from '@/ui/Mark'
import { type CheckState, type Verdict, verdictOf } from './check'
import { evidenceOf } from './evidence'
import styles from './VerdictBanner.module.css'

/** The one sentence that all checks come to. A failure is read out at once, and says what to do. */
export function VerdictBanner({ state }: { state: CheckState }) {
  const { t, i18n } = useTranslation('receipt')
  const verdict = verdictOf(state)
  const deadline =
    state.deadlineMs === null
      ? ''
      : new Intl.DateTimeFormat(i18n.language, { timeStyle: 'medium' }).format(state.deadlineMs)
  return (
    <div
      className={classes(styles['banner'], styles[verdict])}
      role={verdict === 'fails' ? 'alert' : 'status'}
      data-verdict={verdict}
    >
      <Sign verdict={verdict} />
      <div className={styles['words']}>
        <p className={styles['title']}>{t(`verdict.${verdict}.title`)}</p>
        {verdict === 'fails' ? (
          <Failure state={state} />
        ) : (
          <p>
            {verdict === 'promised' && deadline !== ''
              ? t('verdict.promised.bodyUntil', { deadline })
              : t(`verdict.${verdict}.body`)}
          </p>
        )}
      </div>
    </div>
  )
}

function Failure({ state }: { state: CheckState }) {
  const { t } = useTranslation('receipt')
  const failed = (state.report?.steps ?? []).filter((step) => step.outcome === 'failed')
  const found = [state.alarm, state.problem, ...failed].filter((item) => item !== null)
  const save = () =>
    saveFile('verax-evidence.json', new Blob([evidenceOf(state)], { type: 'application/json' }))
  return (
    <>
      <ul className={styles['reasons']}>
        {found.map(({ reason, detail }) => (
          <li key={`${reason} ${detail}`}>{t(`reason.${reason}`, { defaultValue: detail })}</li>
        ))}
      </ul>
      <p>{t('verdict.fails.body')}</p>
      <Button size="small" onClick={save}>
        {t('verdict.fails.evidence')}
      </Button>
    </>
  )
}

function Sign({ verdict }: { verdict: Verdict }) {
  switch (verdict) {
    case 'holds':
      return <Mark size={28} />
    case 'fails':
      return <OctagonAlert size={32} aria-hidden="true" />
    case 'checking':
    case 'promised':
      return <CircleDashed size={28} aria-hidden="true" />
    case 'unavailable':
      return <CircleHelp size={28} aria-hidden="true" />
    default:
      return verdict satisfies never
  }
}
