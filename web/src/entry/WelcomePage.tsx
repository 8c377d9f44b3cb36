import { useQuery } from '@tanstack/react-query'
import { useCallback, useEffect, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Redirect } from 'wouter'
import { redeemLink } from '@/core/account'
import { onLinkCode, spendLinkCode } from '@/core/link-code'
import { readSite } from '@/core/site'
import { keys } from '@/queries'
import { useSession, useSignedIn } from '@/shell/useSession'
import { ButtonLink } from '@/ui/Button'
import { useExplain } from '@/ui/errors'
import { ErrorState, Loading } from '@/ui/States'
import { EntryPage } from './EntryPage'
import { FreshPage } from './FreshPage'
import { SetUp } from './SetUp'

/**
 * `/welcome`: what a one-time link opens. It signs in, and then asks for what is still to be decided; without
 * a link it says where to find one.
 */
export default function WelcomePage() {
  const session = useSession()
  const site = useQuery({ queryKey: keys.site, queryFn: ({ signal }) => readSite(signal) })
  const link = useLink()
  useTitle()

  if (link.error !== null) return <BadLink error={link.error} />
  if (link.isBusy || session.isPending || site.isPending) return <Loading />
  if (session.isError) return <ErrorState error={session.error} onRetry={() => void session.refetch()} />
  if (site.isError) return <ErrorState error={site.error} onRetry={() => void site.refetch()} />
  if (session.data === null) {
    return site.data.set_up ? <Redirect to="/sign-in" replace /> : <FreshPage onCode={link.use} />
  }
  const isFirstRun = !site.data.set_up && session.data.roles.includes('owner')
  if (!isFirstRun && !session.data.may_set_password) return <Redirect to="/" replace />
  return <SetUp session={session.data} site={site.data} isFirstRun={isFirstRun} />
}

interface LinkState {
  readonly isBusy: boolean
  readonly error: unknown
  readonly use: (code: string) => void
}

/** Uses up the code that the address brought, or one that somebody pasted. */
function useLink(): LinkState {
  const signedIn = useSignedIn()
  const [isBusy, setBusy] = useState(false)
  const [error, setError] = useState<unknown>(null)
  const use = useCallback(
    (code: string) => {
      if (code === '') return
      setBusy(true)
      setError(null)
      redeemLink(code)
        .then(signedIn, setError)
        .finally(() => setBusy(false))
    },
    [signedIn],
  )
  useEffect(() => {
    use(spendLinkCode())
    return onLinkCode(() => use(spendLinkCode()))
  }, [use])
  return { isBusy, error, use }
}

function BadLink({ error }: { error: unknown }) {
  const { t } = useTranslation('entry')
  const { message, hint } = useExplain()(error)
  return (
    <EntryPage title={t('link.title')}>
      <div role="alert">
        <p>{message}</p>
        <p>{hint}</p>
      </div>
      <ButtonLink href="/sign-in" kind="primary">
        {t('signIn.title')}
      </ButtonLink>
    </EntryPage>
  )
}

function useTitle(): void {
  const { t } = useTranslation('entry')
  useEffect(() => {
    document.title = t('common:appName')
  }, [t])
}
