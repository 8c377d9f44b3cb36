import { lazy, Suspense, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { retrying } from '@/core/chunks'
import type { State } from '@/proof/governance/state'
import { Button } from '@/ui/Button'
import { Section } from '@/ui/Section'
import { Loading } from '@/ui/States'
import { When } from '@/ui/When'
import { ChangeLink } from './ChangeLink'
import { ReleaseLink } from './ReleaseLink'
import { type Reign, reignsOf } from './story'
import styles from './Transparency.module.css'

const Comparison = lazy(() => retrying(() => import('./Comparison')))

/** The versions that a channel had, newest first, and what each changed against the one before. */
export function HeadHistory({ state, name }: { state: State; name: string }) {
  const { t } = useTranslation('transparency')
  const reigns = reignsOf(state, name)
  return (
    <Section title={t('history.title')}>
      {reigns.length === 0 && <p className={styles['soft']}>{t('overview.nothing')}</p>}
      <ol className={styles['timeline']}>
        {reigns
          .map((reign, at) => (
            <Moment key={reign.index} reign={reign} before={reigns[at - 1] ?? null} state={state} />
          ))
          .toReversed()}
      </ol>
    </Section>
  )
}

function Moment({ reign, before, state }: { reign: Reign; before: Reign | null; state: State }) {
  const { t } = useTranslation('transparency')
  const [isOpen, setOpen] = useState(false)
  const isBack = reign.by === 'rollback'
  const banned = [...state.bans.values()].filter((ban) => ban.index === reign.index).length
  return (
    <li className={styles['moment']} data-bad={isBack || undefined}>
      <p>
        <strong>{t(`history.${reign.by}`)}</strong> <ReleaseLink id={reign.release} />{' '}
        <span className={styles['soft']}>
          {t('history.by', { persons: reign.persons.join(', '), entry: reign.index })},{' '}
          <When atMs={reign.timeMs} />
          {reign.change !== null && reign.by !== 'rollback' && (
            <>
              , {t('history.change')} <ChangeLink id={reign.change} />
            </>
          )}
        </span>
      </p>
      {isBack && <p className={styles['soft']}>{t('history.banned', { count: banned })}</p>}
      <div>
        <Button size="small" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
          {t(before === null ? 'history.showFirst' : 'history.compare')}
        </Button>
      </div>
      {isOpen && (
        <Suspense fallback={<Loading />}>
          <Comparison old={before?.release ?? null} now={reign.release} />
        </Suspense>
      )}
    </li>
  )
}
