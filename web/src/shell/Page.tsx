import { PanelLeft } from 'lucide-react'
import { type ReactNode, useRef } from 'react'
import { useTranslation } from 'react-i18next'
import { useStore } from 'zustand'
import { preferences } from '@/core/preferences'
import { IconButton } from '@/ui/Button'
import { classes } from '@/ui/classes'
import { useArrival } from './arrival'
import { frame } from './frame-state'
import { NARROW, useMedia } from './media'
import styles from './Page.module.css'

export interface PageProps {
  /** Name of the page: its heading, the title of the window, and what is read out on arrival; null while unknown. */
  readonly title: string | null
  /** What the bar shows in the place of the heading, which only screen readers then meet. */
  readonly head?: ReactNode
  /** Buttons at the end of the bar. */
  readonly tools?: ReactNode
  /** `text`: a column to read; `wide`: tables and charts; `full`: the page lays itself out and scrolls itself. */
  readonly width?: 'text' | 'wide' | 'full'
  readonly children: ReactNode
}

/** A page of the app: a bar with its heading, and its content. Each area's page is one of these. */
export function Page({ title, head, tools, width = 'text', children }: PageProps) {
  const heading = useRef<HTMLHeadingElement>(null)
  useArrival(title, heading)
  return (
    <div className={classes(styles['page'], styles[width])}>
      <header className={styles['bar']}>
        <SidebarButton />
        <h1
          ref={heading}
          tabIndex={-1}
          className={head === undefined ? styles['heading'] : 'visually-hidden'}
          dir="auto"
        >
          {title ?? ''}
        </h1>
        {head}
        {tools !== undefined && <div className={styles['tools']}>{tools}</div>}
      </header>
      <div className={styles['content']}>{children}</div>
    </div>
  )
}

/** Opens the side bar; not there while it stands open beside the page. */
function SidebarButton() {
  const { t } = useTranslation('shell')
  const isNarrow = useMedia(NARROW)
  const isOpen = useStore(preferences, (state) => state.sidebarOpen)
  if (isOpen && !isNarrow) return null
  const open = () =>
    isNarrow ? frame.setState({ isDrawerOpen: true }) : preferences.getState().set({ sidebarOpen: true })
  return (
    <IconButton label={t('sidebar.open')} aria-expanded={false} onClick={open}>
      <PanelLeft size={20} aria-hidden="true" />
    </IconButton>
  )
}
