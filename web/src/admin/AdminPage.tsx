import type { ComponentType } from 'react'
import { useTranslation } from 'react-i18next'
import { Link, Redirect, useParams } from 'wouter'
import styles from '@/settings/Settings.module.css'
import { Page } from '@/shell/Page'
import { BackupSection } from './BackupSection'
import { ChannelSection } from './ChannelSection'
import { HealthSection } from './HealthSection'
import { KeySection } from './KeySection'
import { LogSection } from './LogSection'
import { ModelSection } from './ModelSection'
import { ServerSection } from './ServerSection'
import { UsageSection } from './UsageSection'
import { UserSection } from './UserSection'

const SECTIONS: readonly { readonly id: string; readonly content: ComponentType }[] = [
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
  const { section = 'health' } = useParams()
  const shown = SECTIONS.find(({ id }) => id === section)
  if (shown === undefined) return <Redirect to="/admin" replace />
  return (
    <Page title={t(`section.${shown.id}`)} partOf={t('title')} width="wide">
      <div className={styles['page']}>
        <nav aria-label={t('title')}>
          <ul className={styles['sections']}>
            {SECTIONS.map(({ id }) => (
              <li key={id}>
                <Link
                  href={id === 'health' ? '/admin' : `/admin/${id}`}
                  className={styles['link']}
                  aria-current={id === shown.id ? 'page' : undefined}
                >
                  {t(`section.${id}`)}
                </Link>
              </li>
            ))}
          </ul>
        </nav>
        <div className={styles['content']}>
          <shown.content />
        </div>
      </div>
    </Page>
  )
}
