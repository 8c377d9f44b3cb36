import type { ComponentType } from 'react'
import { useTranslation } from 'react-i18next'
import { Link, Redirect, useParams } from 'wouter'
import { Page } from '@/shell/Page'
import { AboutSection } from './AboutSection'
import { AccountSection } from './AccountSection'
import { GeneralSection } from './GeneralSection'
import { KeysSection } from './KeysSection'
import styles from './Settings.module.css'

const SECTIONS: readonly { readonly id: string; readonly content: ComponentType }[] = [
  { id: 'general', content: GeneralSection },
  { id: 'account', content: AccountSection },
  { id: 'keys', content: KeysSection },
  { id: 'about', content: AboutSection },
]

/** `/settings` and its sections, each with an address of its own. */
export default function SettingsPage() {
  const { t } = useTranslation('settings')
  const { section = 'general' } = useParams()
  const shown = SECTIONS.find(({ id }) => id === section)
  if (shown === undefined) return <Redirect to="/settings" replace />
  return (
    <Page title={t(`section.${shown.id}`)} partOf={t('title')} width="wide">
      <div className={styles['page']}>
        <nav aria-label={t('title')}>
          <ul className={styles['sections']}>
            {SECTIONS.map(({ id }) => (
              <li key={id}>
                <Link
                  href={id === 'general' ? '/settings' : `/settings/${id}`}
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
