import { useEffect } from 'react'
import { useLocation } from 'wouter'
import { registerCommands } from '@/core/commands'
import { preferences } from '@/core/preferences'
import { frame } from './frame-state'
import { NARROW } from './media'

/** Registers what can be done everywhere. */
export function useShellCommands(): void {
  const [, navigate] = useLocation()
  useEffect(
    () =>
      registerCommands([
        {
          id: 'shell.newChat',
          title: 'shell:commands.newChat',
          shortcut: 'Mod+;',
          worksInFields: true,
          run: () => navigate('/'),
        },
        {
          id: 'shell.sidebar',
          title: 'shell:commands.sidebar',
          shortcut: 'Mod+\\',
          worksInFields: true,
          run: toggleSidebar,
        },
        {
          id: 'shell.theme',
          title: 'shell:commands.theme',
          run: () => {
            const isDark = document.documentElement.dataset['theme'] === 'dark'
            preferences.getState().set({ theme: isDark ? 'light' : 'dark' })
          },
        },
      ]),
    [navigate],
  )
}

function toggleSidebar(): void {
  if (window.matchMedia(NARROW).matches) {
    frame.setState(({ isDrawerOpen }) => ({ isDrawerOpen: !isDrawerOpen }))
    return
  }
  const { sidebarOpen, set } = preferences.getState()
  set({ sidebarOpen: !sidebarOpen })
}
