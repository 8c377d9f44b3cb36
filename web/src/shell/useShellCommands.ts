import { useEffect } from 'react'
import { useLocation } from 'wouter'
import { registerCommands } from '@/core/commands'
import { preferences } from '@/core/preferences'
import { frame } from './frame-state'
import { SEARCH_FIELD_ID } from './list/list-state'
import { NARROW } from './media'

/** Registers what can be done everywhere. */
export function useShellCommands(): void {
  const [, navigate] = useLocation()
  useEffect(
    () =>
      registerCommands([
        {
          id: 'shell.palette',
          title: 'shell:commands.palette',
          shortcut: 'Mod+K',
          worksInFields: true,
          run: () => frame.setState(({ isPaletteOpen }) => ({ isPaletteOpen: !isPaletteOpen })),
        },
        {
          id: 'shell.newChat',
          title: 'shell:commands.newChat',
          shortcut: 'Mod+;',
          worksInFields: true,
          run: () => navigate('/'),
        },
        {
          id: 'shell.search',
          title: 'shell:commands.search',
          shortcut: 'Mod+Shift+F',
          worksInFields: true,
          run: focusSearch,
        },
        {
          id: 'shell.sidebar',
          title: 'shell:commands.sidebar',
          shortcut: 'Mod+\\',
          worksInFields: true,
          run: toggleSidebar,
        },
        { id: 'shell.settings', title: 'shell:commands.settings', run: () => navigate('/settings') },
        {
          id: 'shell.theme',
          title: 'shell:commands.theme',
          run: () => {
            const isDark = document.documentElement.dataset['theme'] === 'dark'
            preferences.getState().set({ theme: isDark ? 'light' : 'dark' })
          },
        },
        ...['Mod+/', '?'].map((shortcut) => ({
          id: `shell.help ${shortcut}`,
          title: 'shell:commands.help',
          shortcut,
          worksInFields: shortcut !== '?',
          run: () => frame.setState({ isHelpOpen: true }),
        })),
      ]),
    [navigate],
  )
}

function focusSearch(): void {
  if (window.matchMedia(NARROW).matches) frame.setState({ isDrawerOpen: true })
  else preferences.getState().set({ sidebarOpen: true })
  // The field is there once the side bar is.
  requestAnimationFrame(() => document.getElementById(SEARCH_FIELD_ID)?.focus())
}

function toggleSidebar(): void {
  if (window.matchMedia(NARROW).matches) {
    frame.setState(({ isDrawerOpen }) => ({ isDrawerOpen: !isDrawerOpen }))
    return
  }
  const { sidebarOpen, set } = preferences.getState()
  set({ sidebarOpen: !sidebarOpen })
}
