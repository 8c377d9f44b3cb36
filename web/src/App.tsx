import { useQuery } from '@tanstack/react-query'
import { lazy, type ReactNode, Suspense } from 'react'
import { useTranslation } from 'react-i18next'
import { Redirect, Route, Switch, useLocation, useSearch } from 'wouter'
import { retrying } from '@/core/chunks'
import { AREAS, type Area, mayOpen } from './areas'
import { signInPath } from './core/session'
import { readSite } from './core/site'
import { NotFound } from './entry/NotFound'
import { keys } from './queries'
import { Frame } from './shell/Frame'
import { Page } from './shell/Page'
import { useSession } from './shell/useSession'
import { CrashBoundary } from './ui/Crash'
import { ErrorState, Loading } from './ui/States'

const SignInPage = lazy(() => retrying(() => import('./entry/SignInPage')))
const WelcomePage = lazy(() => retrying(() => import('./entry/WelcomePage')))

export function App() {
  return (
    <Switch>
      <Route path="/sign-in" component={SignInPage} />
      <Route path="/welcome" component={WelcomePage} />
      <Route>
        <Frame>
          <Switch>
            {AREAS.flatMap((area) =>
              // One key for all addresses of an area: a chat that gets its address stays the same chat.
              area.paths.map((path) => (
                <Route key={area.id} path={path}>
                  <Guarded area={area}>
                    <area.page />
                  </Guarded>
                </Route>
              )),
            )}
            <Route component={NotFound} />
          </Switch>
        </Frame>
      </Route>
    </Switch>
  )
}

/** A page for whoever may see it; a defect in it ends here, and goes when another page is opened. */
function Guarded({ area, children }: { area: Area; children: ReactNode }) {
  const session = useSession()
  const [path] = useLocation()
  const query = useSearch()
  if (area.access !== 'everyone') {
    if (session.isPending) return <Loading />
    if (session.isError) return <ErrorState error={session.error} onRetry={() => void session.refetch()} />
    if (session.data === null) return <SignedOut here={query === '' ? path : `${path}?${query}`} />
    if (!mayOpen(area, session.data.roles)) return <NotAllowed />
  }
  return (
    <CrashBoundary resetKey={path}>
      <Suspense fallback={<Loading />}>{children}</Suspense>
    </CrashBoundary>
  )
}

/** Leads to the sign-in page, or, where nobody has set the place up, to what says how to begin. */
function SignedOut({ here }: { here: string }) {
  const site = useQuery({ queryKey: keys.site, queryFn: ({ signal }) => readSite(signal) })
  if (site.isPending) return <Loading />
  const isFresh = here === '/' && site.data?.set_up === false
  return <Redirect to={isFresh ? '/welcome' : signInPath(here)} replace />
}

function NotAllowed() {
  const { t } = useTranslation('shell')
  return (
    <Page title={t('notAllowed.title')}>
      <p>{t('notAllowed.body')}</p>
    </Page>
  )
}
