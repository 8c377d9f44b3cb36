/** What the palette lists: commands that can be started now, conversations, and messages that a search found. */

import { ChevronRight, MessageSquare, TextSearch } from 'lucide-react'
import type { ComponentType } from 'react'
import { useTranslation } from 'react-i18next'
import { useLocation } from 'wouter'
import { useStore } from 'zustand'
import type { IconProps } from '@/areas'
import { availableCommands, type Command, commands } from '@/core/commands'
import { conversationPath } from '@/core/conversations'
import { ranked } from '@/core/rank'
import type { Conversation, SearchHit } from '@/core/wire'
import { useConversations } from '../list/useConversations'

export interface Entry {
  readonly id: string
  readonly title: string
  readonly note?: string
  readonly shortcut?: string
  readonly icon?: ComponentType<IconProps>
  readonly run: () => void
}

/** Conversations that are offered while nothing is typed. */
const RECENT = 5
const MOST = 8

export function useCommandEntries(typed: string): readonly Entry[] {
  const all = useStore(commands, (state) => state.all)
  const { t } = useTranslation(['shell', ...namespacesOf(all)])
  const listed = all.length === 0 ? [] : availableCommands().filter(({ id }) => id !== 'shell.palette')
  // Two commands of one name are one thing with two shortcuts.
  const byTitle = new Map(listed.toReversed().map((command) => [command.title, command]))
  const entries = [...byTitle.values()].reverse().map(
    (command): Entry => ({
      id: command.id,
      title: t(command.title),
      icon: ChevronRight,
      ...(command.shortcut === undefined ? {} : { shortcut: command.shortcut }),
      run: () => void command.run(),
    }),
  )
  return ranked(entries, typed, (entry) => entry.title)
}

/** The namespaces that the names of commands come from. */
export function namespacesOf(all: readonly Command[]): string[] {
  return [...new Set(all.flatMap(({ title }) => title.split(':', 1)))]
}

export function useConversationEntries(
  typed: string,
  hits: readonly SearchHit[],
  isSignedIn: boolean,
): { readonly conversations: readonly Entry[]; readonly messages: readonly Entry[] } {
  const { t } = useTranslation('shell')
  const [, navigate] = useLocation()
  const { list } = useConversations(false, isSignedIn)
  const untitled = t('list.untitled')
  const ofConversation = ({ id, title }: Pick<Conversation, 'id' | 'title'>): Entry => ({
    id,
    title: title || untitled,
    icon: MessageSquare,
    run: () => navigate(conversationPath(id)),
  })
  const near = ranked(list, typed, ({ title }) => title || untitled).map(ofConversation)
  const known = new Set(near.map(({ id }) => id))
  const further = hits
    .filter((hit) => hit.message_id === '' && !known.has(hit.conversation_id))
    .map((hit) => ofConversation({ id: hit.conversation_id, title: hit.title }))
  const messages = hits
    .filter((hit) => hit.message_id !== '')
    .slice(0, MOST)
    .map(
      (hit): Entry => ({
        id: hit.message_id,
        title: hit.snippet,
        note: hit.title || untitled,
        icon: TextSearch,
        run: () => navigate(conversationPath(hit.conversation_id, hit.message_id)),
      }),
    )
  return { conversations: [...near, ...further].slice(0, typed.trim() === '' ? RECENT : MOST), messages }
}
