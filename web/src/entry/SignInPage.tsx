import { useEffect } from 'react'
import { useTranslation } from 'react-i18next'
import { Redirect, useLocation, useSearch } from 'wouter'
import { nextPath } from '@/core/session'
import { useSession, useSignedIn } from '@/shell/useSession'
import { EntryPage } from './EntryPage'
import { SignInForm } from './SignInForm'

/** `/sign-in`; leads back to the page that asked for it. */
export default function SignInPage() {
  const { t } = useTranslation('entry')
  const session = useSession()
  const signedIn = useSignedIn()
  const [, navigate] = useLocation()
  const next = nextPath(useSearch())
  useEffect(() => {
    document.title = t('signIn.title')
  }, [t])
  if (session.data) return <Redirect to={next} replace />
  return (
    <EntryPage title={t('signIn.title')}>
      <SignInForm
        onSignedIn={(opened) => {
          signedIn(opened)
          navigate(next, { replace: true })
        }}
      />
      <p>{t('signIn.forgotten')}</p>
    </EntryPage>
  )
}
