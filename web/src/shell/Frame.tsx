import { Dialog as Parts } from 'radix-ui'
import { lazy, type ReactNode, Suspense, useEffect } from 'react'
import { useTranslation } from 'react-i18next'
import { useLocation } from 'wouter'
import { useStore } from 'zustand'
import { retrying } from '@/core/chunks'
import { preferences } from '@/core/preferences'
import { SessionExpired } from '@/entry/SessionExpired'
import { Announcer } from '@/ui/Announcer'
import { classes } from '@/ui/classes'
import { useDialogFocus } from '@/ui/focus'
import { ToastRegion } from '@/ui/Toast'
import styles from './Frame.module.css'
import { frame, useFrame } from './frame-state'
import { NARROW, useMedia } from './media'
import { Sidebar } from './Sidebar'
import { useErasures } from './useErasures'
import { useHeldSession } from './useSession'
import { useShellCommands } from './useShellCommands'
import { useTabs } from './useTabs'

const READY_AFTER_MS = 1000

const readPalette = () => retrying(() => import('./palette/Palette'))
const Palette = lazy(readPalette)
const ShortcutSheet = lazy(() => retrying(() => import('./palette/ShortcutSheet')))

/** What all areas stand in: side bar, main part, and whatever may open above them. */
export function Frame({ children }: { children: ReactNode }) {
  const { t } = useTranslation()
  const isNarrow = useMedia(NARROW)
  const isOpen = useStore(preferences, (state) => state.sidebarOpen)
  const isPaletteOpen = useFrame((state) => state.isPaletteOpen)
  const isHelpOpen = useFrame((state) => state.isHelpOpen)
  useHeldSession()
  useShellCommands()
  useTabs()
  useErasures()
  useReadyPalette()
  return (
    <div className={styles['frame']}>
      <a className={styles['skip']} href="#main">
        {t('skipToContent')}
      </a>
      {isNarrow ? (
        <Drawer />
      ) : (
        <aside className={classes(styles['side'], !isOpen && styles['closed'])} inert={!isOpen}>
          <Sidebar onClose={() => preferences.getState().set({ sidebarOpen: false })} />
        </aside>
      )}
      <main id="main" className={styles['main']} tabIndex={-1}>
        {children}
      </main>
      <Suspense>
        {isPaletteOpen && <Palette />}
        {isHelpOpen && <ShortcutSheet />}
      </Suspense>
      {/* Its texts come when they are needed: the page must not be taken away until then. */}
      <Suspense>
        <SessionExpired />
      </Suspense>
      <ToastRegion />
      <Announcer />
    </div>
  )
}

/** The side bar of a narrow screen: above the page, gone once a way was chosen. */
function Drawer() {
  const { t } = useTranslation('shell')
  const isOpen = useFrame((state) => state.isDrawerOpen)
  const [path] = useLocation()
  // The field of the search would bring up the keyboard of a phone.
  const focus = useDialogFocus('dialog')
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new path is what closes it
  useEffect(() => frame.setState({ isDrawerOpen: false }), [path])
  const close = () => frame.setState({ isDrawerOpen: false })
  return (
    <Parts.Root open={isOpen} onOpenChange={(open) => frame.setState({ isDrawerOpen: open })}>
      <Parts.Portal>
        <Parts.Overlay className={styles['scrim']} />
        <Parts.Content className={styles['drawer']} aria-describedby={undefined} {...focus}>
          <Parts.Title className="visually-hidden">{t('sidebar.name')}</Parts.Title>
          <Sidebar onClose={close} />
        </Parts.Content>
      </Parts.Portal>
    </Parts.Root>
  )
}

/** Reads the palette's chunk once the page stands: what is typed right after its keys must not be lost. */
function useReadyPalette(): void {
  useEffect(() => {
    // Where it cannot be read now, opening the palette asks again.
    const timer = setTimeout(() => readPalette().catch(() => {}), READY_AFTER_MS)
    return () => clearTimeout(timer)
  }, [])
}
