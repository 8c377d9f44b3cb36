import { useEffect, useRef } from 'react'
import { useTranslation } from 'react-i18next'
import { Redirect, useLocation, useSearch } from 'wouter'
import { nextPath } from '@/core/session'
import { readSite } from '@/core/site'
import type { Session } from '@/core/wire'
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
  const isEntering = useRef(false)
  const enter = async (opened: Session) => {
    isEntering.current = true
    signedIn(opened)
    // An owner who came by password finishes the first run, too; where that cannot be told, it can wait.
    const site = opened.roles.includes('owner') ? await readSite().catch(() => null) : null
    navigate(site?.set_up === false ? '/welcome' : next, { replace: true })
  }
  useEffect(() => {
    document.title = t('signIn.title')
  }, [t])
  if (session.data && !isEntering.current) return <Redirect to={next} replace />
  return (
    <EntryPage title={t('signIn.title')}>
      <SignInForm onSignedIn={(opened) => void enter(opened)} />
      <p>{t('signIn.forgotten')}</p>
    </EntryPage>
  )
}
