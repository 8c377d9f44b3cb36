import { lazy, type ReactNode, Suspense } from 'react'
import { useTranslation } from 'react-i18next'
import { Link, useLocation, useParams } from 'wouter'
import { retrying } from '@/core/chunks'
import type { WholeVisit } from '@/proof/client/light-client'
import { Page } from '@/shell/Page'
import { Loading } from '@/ui/States'
import { ChannelView } from './ChannelView'
import { Governed } from './Governed'
import { Overview } from './Overview'
import { ReleaseView } from './ReleaseView'
import styles from './Transparency.module.css'
import { useGovernance } from './useGovernance'
import { VerifiedNote } from './VerifiedNote'

const Decisions = lazy(() => retrying(() => import('./Decisions')))
const Logs = lazy(() => retrying(() => import('./Logs')))
const HowToCheck = lazy(() => retrying(() => import('./HowToCheck')))

const VIEWS = ['channels', 'decisions', 'logs', 'check'] as const
type View = (typeof VIEWS)[number]
const PATHS: Record<View, string> = {
  channels: '/transparency',
  decisions: '/transparency/decisions',
  logs: '/transparency/logs',
  check: '/transparency/check',
}

/** What stands behind the answers, readable without an account; all of it is computed here from the signed log. */
export default function TransparencyPage() {
  const { t } = useTranslation('transparency')
  const [path] = useLocation()
  const view = VIEWS.find((name) => name !== 'channels' && path === PATHS[name]) ?? 'channels'
  const governance = useGovernance()
  return (
    <Page title={t('title')} width="text">
      <div className={styles['page']}>
        <nav aria-label={t('views')} className={styles['views']}>
          {VIEWS.map((name) => (
            <Link key={name} href={PATHS[name]} aria-current={name === view ? 'page' : undefined}>
              {t(`view.${name}`)}
            </Link>
          ))}
        </nav>
        {view === 'check' ? (
          <Lazily>
            <HowToCheck fingerprint={governance.data?.history.state.fingerprint ?? ''} />
          </Lazily>
        ) : (
          <Governed>
            {(visit) => (
              <>
                <VerifiedNote visit={visit} />
                <Lazily>
                  <Content view={view} visit={visit} />
                </Lazily>
              </>
            )}
          </Governed>
        )}
      </div>
    </Page>
  )
}

function Lazily({ children }: { children: ReactNode }) {
  return <Suspense fallback={<Loading />}>{children}</Suspense>
}

function Content({ view, visit }: { view: View; visit: WholeVisit }) {
  const { channel, release } = useParams<{ channel?: string; release?: string }>()
  const { state } = visit.history
  if (view === 'decisions') return <Decisions state={state} />
  if (view === 'logs') return <Logs visit={visit} />
  if (channel !== undefined) return <ChannelView state={state} name={decodeURIComponent(channel)} />
  if (release !== undefined) return <ReleaseView state={state} id={release} />
  return <Overview state={state} />
}
