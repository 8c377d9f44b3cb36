import { useQuery } from '@tanstack/react-query'
import { Download } from 'lucide-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { exportAccount, readAccount } from '@/core/account'
import { saveFile } from '@/core/files'
import { keys } from '@/queries'
import { Button } from '@/ui/Button'
import { useExplain } from '@/ui/errors'
import { Section } from '@/ui/Section'
import { ErrorState, Loading } from '@/ui/States'
import { toast } from '@/ui/Toast'
import { EraseAccount } from './EraseAccount'
import { NameForm } from './NameForm'
import { PasswordForm } from './PasswordForm'
import { Sessions } from './Sessions'

/** One's own account: who one is, where one is signed in, and what is kept here. */
export function AccountSection() {
  const { t } = useTranslation('settings')
  const account = useQuery({ queryKey: keys.account, queryFn: ({ signal }) => readAccount(signal) })
  if (account.isPending) return <Loading />
  if (account.isError) return <ErrorState error={account.error} onRetry={() => void account.refetch()} />
  return (
    <>
      <Section isBeside title={t('name.title')} hint={t('name.hint')}>
        <NameForm account={account.data} />
      </Section>
      <Section isBeside title={t('password.title')} hint={t('password.hint')}>
        <PasswordForm account={account.data} />
      </Section>
      <Section isBeside title={t('sessions.title')} hint={t('sessions.hint')}>
        <Sessions />
      </Section>
      <Section isBeside title={t('export.title')} hint={t('export.hint')}>
        <ExportButton />
      </Section>
      <Section isBeside title={t('erase.title')} hint={t('erase.hint')}>
        <EraseAccount account={account.data} />
      </Section>
    </>
  )
}

function ExportButton() {
  const { t } = useTranslation('settings')
  const explain = useExplain()
  const [isBusy, setBusy] = useState(false)
  const save = async () => {
    setBusy(true)
    try {
      saveFile('verax-export.jsonl', await exportAccount())
    } catch (error) {
      toast(explain(error).message, { kind: 'problem' })
    } finally {
      setBusy(false)
    }
  }
  return (
    <div>
      <Button isBusy={isBusy} onClick={() => void save()}>
        <Download size={18} aria-hidden="true" /> {t('export.action')}
      </Button>
    </div>
  )
}
