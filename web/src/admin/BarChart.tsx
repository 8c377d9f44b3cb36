import { useTranslation } from 'react-i18next'
import { numberText } from '@/core/times'
import styles from './Admin.module.css'

export interface Bar {
  readonly label: string
  readonly value: number
}

const WIDTH = 720
const HEIGHT = 220
const LEFT = 48
const BOTTOM = 24
const TOP = 12

/** A round number at or above `value`, for the top of an axis. */
export function roundUp(value: number): number {
  if (value <= 1) return 1
  const power = 10 ** Math.floor(Math.log10(value))
  return ([1, 2, 5, 10].find((step) => step * power >= value) ?? 10) * power
}

/**
 * Numbers over time. To screen readers it is a picture with a name; the numbers stand in the table beside it,
 * and each bar tells its own on hover.
 */
export function BarChart({ title, bars }: { title: string; bars: readonly Bar[] }) {
  const { i18n } = useTranslation()
  const top = roundUp(Math.max(...bars.map((bar) => bar.value), 1))
  const step = (WIDTH - LEFT) / bars.length
  const height = HEIGHT - BOTTOM - TOP
  const yOf = (value: number) => TOP + height * (1 - value / top)
  const shown = Math.ceil(bars.length / 6)
  return (
    <svg className={styles['chart']} viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={title}>
      <title>{title}</title>
      {[0, top / 2, top].map((value) => (
        <g key={value}>
          <line className={styles['axis']} x1={LEFT} x2={WIDTH} y1={yOf(value)} y2={yOf(value)} />
          <text className={styles['tick']} x={LEFT - 8} y={yOf(value) + 4} textAnchor="end">
            {numberText(value, i18n.language)}
          </text>
        </g>
      ))}
      {bars.map((bar, index) => (
        <g key={bar.label}>
          <rect
            className={styles['bar']}
            x={LEFT + index * step + step * 0.12}
            y={yOf(bar.value)}
            width={step * 0.76}
            height={Math.max(0, yOf(0) - yOf(bar.value))}
          >
            <title>{`${bar.label}: ${numberText(bar.value, i18n.language)}`}</title>
          </rect>
          {index % shown === 0 && (
            <text className={styles['tick']} x={LEFT + index * step} y={HEIGHT - 6}>
              {bar.label.slice(5)}
            </text>
          )}
        </g>
      ))}
    </svg>
  )
}
