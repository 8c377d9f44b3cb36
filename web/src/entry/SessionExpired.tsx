import { useQueryClient } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { useStore } from 'zustand'
import { expiry, holdSession, leaveSignedOut } from '@/core/expiry'
import { tellTabs } from '@/core/tabs'
import { keys } from '@/queries'
import { Dialog } from '@/ui/Dialog'
import { SignInForm } from './SignInForm'

/** Asks for the password again where a session ended in the middle of work; the page below stays as it is. */
export function SessionExpired() {
  const isEnded = useStore(expiry, (state) => state.isEnded)
  return isEnded ? <Question /> : null
}

function Question() {
  const { t } = useTranslation('entry')
  const client = useQueryClient()
  const person = useStore(expiry, (state) => state.person)
  return (
    <Dialog isOpen onClose={leaveSignedOut} title={t('expired.title')} description={t('expired.body')}>
      <SignInForm
        fixedName={person?.name ?? ''}
        onSignedIn={(session) => {
          holdSession(session)
          client.setQueryData(keys.session, session)
          void client.invalidateQueries()
          tellTabs({ type: 'session', userId: session.user_id })
        }}
      />
    </Dialog>
  )
}
