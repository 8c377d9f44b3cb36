import { RotateCcw } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import type { ChildView } from '@/core/wire'
import { AnimalFace } from '@/ui/AnimalFace'
import { Hills } from './Hills'
import { opensText } from './times'

/** Bedtime, a break, or enough for today: says so, and when it opens again. */
export function Closed({ child }: { child: ChildView }) {
  const { t } = useTranslation('junior')
  const { name, opens_ms: opensMs } = child.standing
  return (
    <main className="scene">
      <Hills />
      <div className="card">
        <div className="closedFace">
          <AnimalFace animal={child.animal} colour={child.colour} />
        </div>
        <h1>{t(`closed.${name}.title`)}</h1>
        <p>{t(`closed.${name}.words`)}</p>
        {opensMs !== null && <Opens opensMs={opensMs} nowMs={child.now_ms} />}
      </div>
    </main>
  )
}

function Opens({ opensMs, nowMs }: { opensMs: number; nowMs: number }) {
  const { t } = useTranslation('junior')
  const { time, isToday } = opensText(opensMs, nowMs, navigator.language)
  return <p className="opens">{t(isToday ? 'opens.today' : 'opens.tomorrow', { time })}</p>
}

/** The tablet cannot reach its server: the page is there, and says what it needs. */
export function Unreachable({ opensMs, onRetry }: { opensMs: number | null; onRetry: () => void }) {
  const { t } = useTranslation('junior')
  const now = Date.now()
  return (
    <main className="scene">
      <Hills />
      <div className="card">
        <h1>{t('unreachable.title')}</h1>
        <p>{t('unreachable.words')}</p>
        {opensMs !== null && opensMs > now && <Opens opensMs={opensMs} nowMs={now} />}
        <button type="button" className="wide" onClick={onRetry}>
          <RotateCcw size={26} aria-hidden="true" /> {t('again')}
        </button>
      </div>
    </main>
  )
}

/** No child's session is open here. The way for grown-ups is the only link that this page has. */
export function Ended() {
  const { t } = useTranslation('junior')
  return (
    <main className="scene">
      <Hills />
      <div className="card">
        <h1>{t('ended.title')}</h1>
        <p>{t('ended.words')}</p>
        <a className="wide" href="/family">
          {t('ended.grownUps')}
        </a>
        <a className="wide" href="/junior/join">
          {t('ended.join')}
        </a>
      </div>
    </main>
  )
}

/** A grown-up has left the child's session: nobody is signed in now. */
export function Left() {
  const { t } = useTranslation('junior')
  return (
    <main className="scene">
      <Hills />
      <div className="card">
        <h1>{t('left.title')}</h1>
        <p>{t('left.words')}</p>
        <a className="wide" href="/family">
          {t('left.signIn')}
        </a>
      </div>
    </main>
  )
}
