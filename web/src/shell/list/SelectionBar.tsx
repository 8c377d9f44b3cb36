import { Archive, ArchiveRestore, Trash2, X } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { IconButton } from '@/ui/Button'
import { listState, useListState } from './list-state'
import styles from './SelectionBar.module.css'
import { useArchive } from './useArchive'
import { useConversations } from './useConversations'

/** Says how many are chosen, and does something with all of them. */
export function SelectionBar({ isArchive }: { isArchive: boolean }) {
  const { t } = useTranslation('shell')
  const chosen = useListState((state) => state.chosen)
  const { list } = useConversations(isArchive)
  const archive = useArchive()
  const conversations = list.filter(({ id }) => chosen?.has(id))
  const isNone = conversations.length === 0
  const isAll = !isNone && conversations.length === list.length
  const end = () => listState.setState({ chosen: null })
  return (
    <div className={styles['bar']} role="toolbar" aria-label={t('list.chosenActions')}>
      <div className={styles['all']}>
        <input
          type="checkbox"
          aria-label={t('list.chooseAll')}
          checked={isAll}
          ref={(box) => {
            if (box !== null) box.indeterminate = !isAll && !isNone
          }}
          onChange={() => listState.setState({ chosen: new Set(isAll ? [] : list.map(({ id }) => id)) })}
        />
        <span role="status">{t('list.chosen', { count: conversations.length })}</span>
      </div>
      <IconButton
        size="small"
        label={t(isArchive ? 'list.unarchive' : 'list.toArchive')}
        disabled={isNone}
        onClick={() => {
          archive(
            conversations.map(({ id }) => id),
            !isArchive,
          )
          end()
        }}
      >
        {isArchive ? (
          <ArchiveRestore size={18} aria-hidden="true" />
        ) : (
          <Archive size={18} aria-hidden="true" />
        )}
      </IconButton>
      <IconButton
        size="small"
        label={t('list.delete')}
        disabled={isNone}
        onClick={() => listState.setState({ deleting: conversations })}
      >
        <Trash2 size={18} aria-hidden="true" />
      </IconButton>
      <IconButton size="small" label={t('list.endChoosing')} onClick={end}>
        <X size={18} aria-hidden="true" />
      </IconButton>
    </div>
  )
}
