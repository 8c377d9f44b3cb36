import { useTranslation } from 'react-i18next'
import { type PageSection, SectionPage } from '@/shell/SectionPage'
import { BackupSection } from './BackupSection'
import { ChannelSection } from './ChannelSection'
import { HealthSection } from './HealthSection'
import { KeySection } from './KeySection'
import { LogSection } from './LogSection'
import { ModelSection } from './ModelSection'
import { ServerSection } from './ServerSection'
import { UsageSection } from './UsageSection'
import { UserSection } from './UserSection'

const SECTIONS: readonly [PageSection, ...PageSection[]] = [
  { id: 'health', content: HealthSection },
  { id: 'users', content: UserSection },
  { id: 'keys', content: KeySection },
  { id: 'models', content: ModelSection },
  { id: 'channels', content: ChannelSection },
  { id: 'usage', content: UsageSection },
  { id: 'server', content: ServerSection },
  { id: 'logs', content: LogSection },
  { id: 'backup', content: BackupSection },
]

/** `/admin` and its sections, each with an address of its own. */
export default function AdminPage() {
  const { t } = useTranslation('admin')
  return (
    <SectionPage title={t('title')} path="/admin" sections={SECTIONS} nameOf={(id) => t(`section.${id}`)} />
  )
}
