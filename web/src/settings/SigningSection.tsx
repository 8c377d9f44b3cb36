import { useTranslation } from 'react-i18next'
import { useSession } from '@/shell/useSession'
import { Section } from '@/ui/Section'
import { Drafts } from './Drafts'
import { Passkeys } from './Passkeys'

/** Roles of accounts that may see what waits for signatures; whose signature counts is the root's business. */
const SIGNING_ROLES: readonly string[] = ['owner', 'author', 'reviewer', 'operator', 'guardian']

/** The passkeys with which one signs, and what waits for signatures. */
export function SigningSection() {
  const { t } = useTranslation('settings')
  const roles = useSession().data?.roles ?? []
  return (
    <>
      <Section isBeside title={t('passkeys.title')} hint={t('passkeys.hint')}>
        <Passkeys />
      </Section>
      {roles.some((role) => SIGNING_ROLES.includes(role)) && (
        <Section isBeside title={t('drafts.title')} hint={t('drafts.hint')}>
          <Drafts />
        </Section>
      )}
    </>
  )
}
