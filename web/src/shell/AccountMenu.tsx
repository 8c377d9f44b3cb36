import { ChevronsUpDown, LogOut } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { useStore } from 'zustand'
import { preferences, THEMES } from '@/core/preferences'
import type { Session } from '@/core/wire'
import { Menu, MenuChoice, MenuItem, MenuLine } from '@/ui/Menu'
import styles from './AccountMenu.module.css'
import { useSignOut } from './useSession'

/** Who is signed in, and what that person may do with the app itself. */
export function AccountMenu({ session }: { session: Session }) {
  const { t } = useTranslation('shell')
  const signOut = useSignOut()
  const theme = useStore(preferences, (state) => state.theme)
  const name = session.name ?? session.user_id
  return (
    <Menu
      label={t('account.menu')}
      trigger={
        <button type="button" className={styles['person']}>
          <span className={styles['name']} dir="auto">
            {name}
          </span>
          <span className={styles['roles']}>
            {session.roles.map((role) => t(`roles.${role}`, { defaultValue: role })).join(t('listSeparator'))}
          </span>
          <ChevronsUpDown size={16} aria-hidden="true" className={styles['sign']} />
        </button>
      }
    >
      <MenuChoice
        value={theme}
        onChange={(next) => preferences.getState().set({ theme: next })}
        options={THEMES.map((value) => ({ value, label: t(`theme.${value}`) }))}
      />
      <MenuLine />
      <MenuItem icon={<LogOut size={16} aria-hidden="true" />} onSelect={() => void signOut()}>
        {t('account.signOut')}
      </MenuItem>
    </Menu>
  )
}
