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
  /** What the page is a part of; stands behind its name in the title of the window. */
  readonly partOf?: string
  /** What the bar shows; the heading is then met by screen readers only. Left out: it stands above the content. */
  readonly head?: ReactNode
  /** Buttons at the end of the bar. */
  readonly tools?: ReactNode
  /** `text`: a column to read; `wide`: tables and charts; `full`: the page lays itself out and scrolls itself. */
  readonly width?: 'text' | 'wide' | 'full'
  readonly children: ReactNode
}

/** A page of the app: a bar with its heading, and its content. Each area's page is one of these. */
export function Page({ title, partOf, head, tools, width = 'text', children }: PageProps) {
  const heading = useRef<HTMLHeadingElement>(null)
  useArrival(title, partOf, heading)
  return (
    <div className={classes(styles['page'], styles[width])}>
      <header className={styles['bar']}>
        <SidebarButton />
        {head}
        {tools !== undefined && <div className={styles['tools']}>{tools}</div>}
      </header>
      <div className={styles['content']}>
        <h1
          ref={heading}
          tabIndex={-1}
          className={head === undefined ? styles['heading'] : 'visually-hidden'}
          dir="auto"
        >
          {title ?? ''}
        </h1>
        {children}
      </div>
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
    <IconButton label={t('sidebar.open')} shortcut="Mod+\" aria-expanded={false} onClick={open}>
      <PanelLeft size={20} aria-hidden="true" />
    </IconButton>
  )
}
