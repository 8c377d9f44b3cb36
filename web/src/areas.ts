/**
 * The areas of the app: one line gives an area its addresses, its guard and its place in the side bar.
 * Each is a chunk of its own: the first load holds the frame and the chat, and nothing else.
 */

import { GitPullRequestArrow, LibraryBig, Rabbit, ScrollText, SlidersHorizontal } from 'lucide-react'
import { type ComponentType, type LazyExoticComponent, lazy } from 'react'
import { retrying } from '@/core/chunks'

export interface Area {
  readonly id: string
  /** Patterns of wouter; changing from one to another keeps the page. */
  readonly paths: readonly string[]
  readonly page: LazyExoticComponent<ComponentType>
  /** `everyone`: readable without an account. A list of roles: only people who have one of them. */
  readonly access: 'everyone' | 'account' | readonly string[]
  /** Its line in the side bar: the key of its name (with the namespace), and where it leads. */
  readonly link?: {
    readonly title: string
    readonly href: string
    readonly icon: ComponentType<IconProps>
    /** Where it does not stand for everybody who may open the area: the roles that see it. */
    readonly roles?: readonly string[]
  }
}

export interface IconProps {
  readonly size?: number
  readonly 'aria-hidden'?: 'true'
}

export const AREAS: readonly Area[] = [
  {
    id: 'chat',
    paths: ['/', '/c/:conversation'],
    page: lazy(() => retrying(() => import('./chat/ChatPage'))),
    access: 'account',
  },
  {
    id: 'receipt',
    paths: ['/receipt/:turn'],
    page: lazy(() => retrying(() => import('./receipt/ReceiptPage'))),
    access: 'everyone',
  },
  {
    id: 'collections',
    paths: ['/collections', '/collections/:collection'],
    page: lazy(() => retrying(() => import('./collections/CollectionsPage'))),
    access: 'account',
    link: { title: 'shell:areas.collections', href: '/collections', icon: LibraryBig },
  },
  {
    id: 'family',
    paths: ['/family', '/family/:part', '/family/:part/:view'],
    page: lazy(() => retrying(() => import('./family/FamilyPage'))),
    access: 'account',
    link: { title: 'shell:areas.family', href: '/family', icon: Rabbit },
  },
  {
    id: 'transparency',
    paths: [
      '/transparency',
      '/transparency/:view',
      '/transparency/channel/:channel',
      '/transparency/release/:release',
    ],
    page: lazy(() => retrying(() => import('./transparency/TransparencyPage'))),
    access: 'everyone',
    link: { title: 'shell:areas.transparency', href: '/transparency', icon: ScrollText },
  },
  {
    id: 'changes',
    paths: ['/changes', '/changes/:change'],
    page: lazy(() => retrying(() => import('./changes/ChangesPage'))),
    access: 'account',
    link: {
      title: 'shell:areas.changes',
      href: '/changes',
      icon: GitPullRequestArrow,
      roles: ['owner', 'author', 'reviewer', 'operator'],
    },
  },
  {
    id: 'settings',
    paths: ['/settings', '/settings/:section'],
    page: lazy(() => retrying(() => import('./settings/SettingsPage'))),
    access: 'account',
  },
  {
    id: 'admin',
    paths: ['/admin', '/admin/:section'],
    page: lazy(() => retrying(() => import('./admin/AdminPage'))),
    access: ['owner', 'operator'],
    link: { title: 'shell:areas.admin', href: '/admin', icon: SlidersHorizontal },
  },
]

/** Whether somebody with these roles, null for nobody, may open the area. */
export function mayOpen(area: Area, roles: readonly string[] | null): boolean {
  if (area.access === 'everyone') return true
  if (roles === null) return false
  return area.access === 'account' || area.access.some((role) => roles.includes(role))
}

/** Whether the area's line stands in the side bar for somebody with these roles. */
export function isLinked(area: Area, roles: readonly string[] | null): boolean {
  if (area.link === undefined || !mayOpen(area, roles)) return false
  return area.link.roles?.some((role) => roles?.includes(role)) ?? true
}
