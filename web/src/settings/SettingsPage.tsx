import { useTranslation } from 'react-i18next'
import { type PageSection, SectionPage } from '@/shell/SectionPage'
import { AboutSection } from './AboutSection'
import { AccountSection } from './AccountSection'
import { GeneralSection } from './GeneralSection'
import { KeysSection } from './KeysSection'
import { SigningSection } from './SigningSection'

const SECTIONS: readonly [PageSection, ...PageSection[]] = [
  { id: 'general', content: GeneralSection },
  { id: 'account', content: AccountSection },
  { id: 'keys', content: KeysSection },
  { id: 'signing', content: SigningSection },
  { id: 'about', content: AboutSection },
]

/** `/settings` and its sections, each with an address of its own. */
export default function SettingsPage() {
  const { t } = useTranslation('settings')
  return (
    <SectionPage
      title={t('title')}
      path="/settings"
      sections={SECTIONS}
      nameOf={(id) => t(`section.${id}`)}
    />
  )
}
