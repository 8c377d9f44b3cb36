import { CircleSlash, OctagonAlert } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import type { Outcome, Step } from '@/proof/receipt'
import { classes } from '@/ui/classes'
import { Mark } from '@/ui/Mark'
import { Section } from '@/ui/Section'
import panel from './ReceiptPanel.module.css'
import styles from './StepList.module.css'

/** Every step of the check with how it ended; a word says it, not a colour alone. */
export function StepList({ steps }: { steps: readonly Step[] }) {
  const { t } = useTranslation('receipt')
  const failedAt = steps.findIndex((step) => step.outcome === 'failed')
  const words = (step: Step, at: number) => {
    if (step.outcome === 'failed') return t(`reason.${step.reason}`, { defaultValue: step.detail })
    const isCutOff = step.outcome === 'not_checked' && failedAt >= 0 && failedAt < 4 && at > failedAt
    return isCutOff ? t('steps.earlier') : t(`steps.${step.step}.${step.outcome}`, step.facts)
  }
  return (
    <Section title={t('steps.title')}>
      <p className={panel['soft']}>{t('steps.where')}</p>
      <ol className={styles['steps']}>
        {steps.map((step, at) => (
          <li
            key={step.step}
            className={classes(styles['step'], styles[step.outcome])}
            data-outcome={step.outcome}
          >
            <OutcomeIcon outcome={step.outcome} />
            <div>
              <p>
                <strong>{t(`steps.${step.step}.name`)}</strong>{' '}
                <span className={styles['outcome']}>{t(`outcome.${step.outcome}`)}</span>
              </p>
              <p className={panel['soft']}>{words(step, at)}</p>
              {step.outcome === 'failed' && <p className={styles['detail']}>{step.detail}</p>}
            </div>
          </li>
        ))}
      </ol>
    </Section>
  )
}

export function OutcomeIcon({ outcome }: { outcome: Outcome }) {
  switch (outcome) {
    case 'verified':
      return <Mark size={18} />
    case 'failed':
      return <OctagonAlert size={20} aria-hidden="true" />
    case 'not_checked':
      return <CircleSlash size={18} aria-hidden="true" />
    default:
      return outcome satisfies never
  }
}
