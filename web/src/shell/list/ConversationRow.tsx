import { Ellipsis, Pin } from 'lucide-react'
import { type RefObject, useEffect, useRef } from 'react'
import { useTranslation } from 'react-i18next'
import { Link } from 'wouter'
import { isolated } from '@/core/bidi'
import { conversationPath } from '@/core/conversations'
import type { Conversation } from '@/core/wire'
import { IconButton } from '@/ui/Button'
import { classes } from '@/ui/classes'
import { Menu } from '@/ui/Menu'
import styles from './ConversationRow.module.css'
import { toggleChosen, useListState } from './list-state'
import { RenameField } from './RenameField'
import { RowActions } from './RowActions'

export interface ConversationRowProps {
  readonly conversation: Conversation
  readonly isHere: boolean
  /** Whether the Tab key comes here; the other rows are for the arrows. */
  readonly isTabStop: boolean
  /** The key of the row that takes the focus as soon as it is there. */
  readonly takesFocus: RefObject<string | null>
  readonly onFocus: () => void
}

/** One conversation of the list: a link, and its actions; while choosing, a box to tick; while renaming, a field. */
export function ConversationRow({
  conversation,
  isHere,
  isTabStop,
  takesFocus,
  onFocus,
}: ConversationRowProps) {
  const { t } = useTranslation('shell')
  const { id } = conversation
  const isRenaming = useListState(({ renaming }) => renaming === id)
  const isChoosing = useListState(({ chosen }) => chosen !== null)
  const isChosen = useListState(({ chosen }) => chosen?.has(id) ?? false)
  const link = useRef<HTMLAnchorElement>(null)
  useEffect(() => {
    if (takesFocus.current !== id) return
    takesFocus.current = null
    link.current?.focus({ preventScroll: true })
  })
  const title = conversation.title || t('list.untitled')
  const actions = t('list.actionsOf', { title: isolated(title) })
  if (isRenaming) return <RenameField conversation={conversation} takesFocus={takesFocus} />
  if (isChoosing) {
    return (
      <label className={classes(styles['row'], styles['choice'])}>
        <input type="checkbox" checked={isChosen} onChange={() => toggleChosen(id)} />
        <span className={styles['title']} dir="auto">
          {title}
        </span>
      </label>
    )
  }
  return (
    <div className={classes(styles['row'], isHere && styles['here'])} data-row={id}>
      <Link
        ref={link}
        href={conversationPath(id)}
        className={styles['link']}
        tabIndex={isTabStop ? 0 : -1}
        aria-current={isHere ? 'page' : undefined}
        onFocus={onFocus}
      >
        {conversation.is_pinned && (
          <Pin size={14} aria-label={t('list.isPinned')} className={styles['pin']} />
        )}
        <span className={styles['title']} dir="auto" title={title}>
          {title}
        </span>
        {conversation.running.length > 0 && (
          <span className={styles['running']} role="img" aria-label={t('list.isRunning')} />
        )}
      </Link>
      <Menu
        label={actions}
        trigger={
          <IconButton size="small" className={styles['more']} label={actions} tabIndex={isTabStop ? 0 : -1}>
            <Ellipsis size={18} aria-hidden="true" />
          </IconButton>
        }
      >
        <RowActions conversation={conversation} />
      </Menu>
    </div>
  )
}
