import { useTranslation } from 'react-i18next'
import { type Asked, type Line, linesOf } from './asked'
import styles from './Changes.module.css'
import { ARMS, type Arm, type ReportCall, type ReportItem } from './report'

/** One item of a report: its mark, and call by call what was asked and what the candidate and the head replied. */
export function GateItem({ item, asked }: { item: ReportItem; asked: Asked | undefined }) {
  const { t } = useTranslation('changes')
  return (
    <>
      <p>
        <code>{item.item}</code> {t('report.mark', { mark: item.mark })}
        {item.reason !== '' && `: ${item.reason}`}
      </p>
      {ARMS.filter((arm) => item.calls[arm].length > 0).map((arm) => (
        <Sample key={arm} arm={arm} item={item} asked={asked} />
      ))}
    </>
  )
}

/** The calls of one arm; where the head was asked the same as the candidate, it is not written again. */
function Sample({ arm, item, asked }: { arm: Arm; item: ReportItem; asked: Asked | undefined }) {
  return item.calls[arm].map((call, at) => {
    const lines = asked && linesOf(asked, arm, item.item, at, call)
    const other = item.calls.candidate[at]
    const before = asked && arm === 'head' && other ? linesOf(asked, 'candidate', item.item, at, other) : null
    const isSame = before != null && JSON.stringify(before) === JSON.stringify(lines)
    return (
      // Calls never change places.
      // biome-ignore lint/suspicious/noArrayIndexKey: two may be alike
      <Call key={at} arm={arm} call={call} lines={isSame ? undefined : lines} />
    )
  })
}

function Call({
  arm,
  call,
  lines,
}: {
  arm: Arm
  call: ReportCall
  lines: readonly Line[] | null | undefined
}) {
  const { t } = useTranslation('changes')
  return (
    <div className={styles['call']} data-arm={arm}>
      {lines === null && <p role="alert">{t('report.notAsked')}</p>}
      {lines?.map(({ role, text }, at) => (
        // Lines never change places.
        // biome-ignore lint/suspicious/noArrayIndexKey: two may be alike
        <div key={at}>
          <p className={styles['soft']}>{t('report.line', { role })}</p>
          <p dir="auto" className={styles['said']}>
            {text}
          </p>
        </div>
      ))}
      <p className={styles['soft']}>{t(`report.reply.${arm}`)}</p>
      <blockquote dir="auto">{call.reply}</blockquote>
    </div>
  )
}
