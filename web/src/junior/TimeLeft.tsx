import { useTranslation } from 'react-i18next'
import type { ChildView } from '@/core/wire'
import { minutesLeft, partLeft } from './times'

/** How much time there is, as a sun that gets smaller, and in words for those who read; no seconds, no warning. */
export function TimeLeft({ child }: { child: ChildView }) {
  const { t } = useTranslation('junior')
  const { left_ms: leftMs, name } = child.standing
  const minutes = minutesLeft(leftMs)
  if (name !== 'open' || minutes === null) return null
  const part = partLeft(leftMs, [child.daily_minutes, child.session_minutes])
  const words = t('minutesLeft', { count: minutes })
  const around = 2 * Math.PI * 15
  return (
    <p className="timeLeft">
      <svg viewBox="0 0 44 44" aria-hidden="true">
        <circle cx="22" cy="22" r="19" className="timeGround" />
        <circle
          cx="22"
          cy="22"
          r="15"
          className="timePart"
          strokeDasharray={`${part * around} ${around}`}
          transform="rotate(-90 22 22)"
        />
        <circle cx="22" cy="22" r="8" className="timeSun" />
      </svg>
      <span className={child.band === '2-4' ? 'hidden' : ''}>{words}</span>
    </p>
  )
}
