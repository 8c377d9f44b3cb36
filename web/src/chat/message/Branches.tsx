import { ChevronLeft, ChevronRight } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import type { OpenConversation } from '@/core/conversation'
import { type Branch, branchesOf, type Entry } from '@/core/conversation-state'
import { IconButton } from '@/ui/Button'
import { useConversationState } from '../useConversation'
import styles from './Branches.module.css'

export interface BranchesProps {
  readonly conversation: OpenConversation
  readonly entry: Entry
  readonly depth: number
}

/** ‹ 2/3 ›: the ways to other messages in the same place; nothing where there is one only. */
export function Branches({ conversation, entry, depth }: BranchesProps) {
  const { t } = useTranslation('chat')
  const isBusy = useConversationState(conversation, (state) => state.isSwitching || state.sending !== null)
  useConversationState(conversation, (state) => state.replies)
  const branches = branchesOf(conversation.now, entry)
  if (branches === null) return null
  const go = (branch: Branch | null) => {
    if (branch !== null) void conversation.choose(branch, depth)
  }
  const { place, total, previous, next } = branches
  const of = t('branches.place', { place, total })
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset is for forms
    <div className={styles['branches']} role="group" aria-label={t('branches.name')}>
      <IconButton
        size="small"
        label={t('branches.previous', { of })}
        disabled={previous === null || isBusy}
        onClick={() => go(previous)}
      >
        <ChevronLeft size={16} aria-hidden="true" />
      </IconButton>
      <span aria-hidden="true">
        {place}/{total}
      </span>
      <span className="visually-hidden">{of}</span>
      <IconButton
        size="small"
        label={t('branches.next', { of })}
        disabled={next === null || isBusy}
        onClick={() => go(next)}
      >
        <ChevronRight size={16} aria-hidden="true" />
      </IconButton>
    </div>
  )
}
