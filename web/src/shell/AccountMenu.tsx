import { ChevronsUpDown, Keyboard, LogOut, Settings } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { useLocation } from 'wouter'
import { useStore } from 'zustand'
import { preferences, THEMES } from '@/core/preferences'
import type { Session } from '@/core/wire'
import { Menu, MenuChoice, MenuItem, MenuLine } from '@/ui/Menu'
import styles from './AccountMenu.module.css'
import { frame } from './frame-state'
import { useSignOut } from './useSession'

/** Who is signed in, and what that person may do with the app itself. */
export function AccountMenu({ session }: { session: Session }) {
  const { t, i18n } = useTranslation(['shell', 'common'])
  const signOut = useSignOut()
  const [, navigate] = useLocation()
  const theme = useStore(preferences, (state) => state.theme)
  return (
    <Menu
      label={t('account.menu')}
      trigger={
        <button type="button" className={styles['person']}>
          <span className={styles['name']} dir="auto">
            {session.name}
          </span>
          <span className={styles['roles']}>{rolesText(session.roles, t, i18n.language)}</span>
          <ChevronsUpDown size={16} aria-hidden="true" className={styles['sign']} />
        </button>
      }
    >
      <MenuChoice
        value={theme}
        onChange={(next) => preferences.getState().set({ theme: next })}
        options={THEMES.map((value) => ({ value, label: t(`common:theme.${value}`) }))}
      />
      <MenuLine />
      <MenuItem icon={<Settings size={16} aria-hidden="true" />} onSelect={() => navigate('/settings')}>
        {t('commands.settings')}
      </MenuItem>
      <MenuItem
        icon={<Keyboard size={16} aria-hidden="true" />}
        shortcut="Mod+/"
        onSelect={() => frame.setState({ isHelpOpen: true })}
      >
        {t('commands.help')}
      </MenuItem>
      <MenuItem icon={<LogOut size={16} aria-hidden="true" />} onSelect={() => void signOut()}>
        {t('account.signOut')}
      </MenuItem>
    </Menu>
  )
}

function rolesText(
  roles: readonly string[],
  t: ReturnType<typeof useTranslation<'shell'>>['t'],
  language: string,
): string {
  const names = roles.map((role) => t(`roles.${role}`, { defaultValue: role }))
  return new Intl.ListFormat(language, { type: 'conjunction', style: 'narrow' }).format(names)
}
