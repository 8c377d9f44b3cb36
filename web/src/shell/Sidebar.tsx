import { PanelLeftClose, SquarePen } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { Link, useLocation } from 'wouter'
import { AREAS, type Area, isLinked } from '@/areas'
import { ariaShortcut } from '@/core/commands'
import { signInPath } from '@/core/session'
import { ButtonLink, IconButton } from '@/ui/Button'
import { classes } from '@/ui/classes'
import { Keys } from '@/ui/Keys'
import { Mark } from '@/ui/Mark'
import { AccountMenu } from './AccountMenu'
import { ConversationArea } from './list/ConversationArea'
import styles from './Sidebar.module.css'
import { useSession } from './useSession'

/** The side bar: where one is, what one talked about, and the ways to everything else. */
export function Sidebar({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation('shell')
  const session = useSession()
  const [path] = useLocation()
  const person = session.data ?? null
  return (
    <div className={styles['sidebar']}>
      <div className={styles['top']}>
        <Link href="/" className={styles['brand']} aria-label={t('sidebar.home')}>
          <Mark size={20} />
          <span>Verax</span>
        </Link>
        <IconButton label={t('sidebar.close')} shortcut="Mod+\" aria-expanded={true} onClick={onClose}>
          <PanelLeftClose size={20} aria-hidden="true" />
        </IconButton>
      </div>
      {person !== null && (
        <Link href="/" className={styles['new']} aria-keyshortcuts={ariaShortcut('Mod+;')}>
          <SquarePen size={18} aria-hidden="true" />
          <span>{t('commands.newChat')}</span>
          <Keys shortcut="Mod+;" />
        </Link>
      )}
      {person === null ? <div className={styles['rest']} /> : <ConversationArea />}
      <AreaLinks path={path} roles={person?.roles ?? null} />
      <div className={styles['foot']}>
        {person === null ? (
          !session.isPending && (
            <ButtonLink href={signInPath(path)} className={styles['signIn']}>
              {t('signIn')}
            </ButtonLink>
          )
        ) : (
          <AccountMenu session={person} />
        )}
      </div>
    </div>
  )
}

function AreaLinks({ path, roles }: { path: string; roles: readonly string[] | null }) {
  const { t } = useTranslation(['shell', 'common'])
  const shown = AREAS.filter((area) => isLinked(area, roles))
  if (shown.length === 0) return null
  return (
    <nav aria-label={t('sidebar.areas')}>
      <ul className={styles['areas']}>
        {shown.map((area) => (
          <AreaLink key={area.id} area={area} path={path} />
        ))}
      </ul>
    </nav>
  )
}

function AreaLink({ area, path }: { area: Area; path: string }) {
  const { t } = useTranslation('shell')
  if (area.link === undefined) return null
  const { href, title, icon: Icon } = area.link
  const isHere = path === href || path.startsWith(`${href}/`)
  return (
    <li>
      <Link
        href={href}
        className={classes(styles['area'], isHere && styles['here'])}
        aria-current={isHere ? 'page' : undefined}
      >
        <Icon size={18} aria-hidden="true" />
        {t(title)}
      </Link>
    </li>
  )
}
