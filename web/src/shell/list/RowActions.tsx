import {
  Archive,
  ArchiveRestore,
  Braces,
  FileText,
  ListChecks,
  Pencil,
  Pin,
  PinOff,
  Trash2,
} from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { type ExportFormat, exportConversation } from '@/core/conversations'
import { saveFile } from '@/core/files'
import type { Conversation } from '@/core/wire'
import { useExplain } from '@/ui/errors'
import { MenuItem, MenuLine } from '@/ui/Menu'
import { toast } from '@/ui/Toast'
import { listState, toggleChosen } from './list-state'
import { useArchive } from './useArchive'
import { useChange } from './useConversations'

/** What can be done with one conversation: the entries of its menu. */
export function RowActions({ conversation }: { conversation: Conversation }) {
  const { t } = useTranslation('shell')
  const { mutate } = useChange()
  const archive = useArchive()
  const save = useExport(conversation.id)
  const { id, is_pinned: isPinned, is_archived: isArchived } = conversation
  return (
    <>
      <MenuItem
        icon={<Pencil size={16} aria-hidden="true" />}
        shortcut="F2"
        // The menu gives the focus back first; the field takes it after that.
        onSelect={() => setTimeout(() => listState.setState({ renaming: id }))}
      >
        {t('list.rename')}
      </MenuItem>
      {!isArchived && (
        <MenuItem
          icon={isPinned ? <PinOff size={16} aria-hidden="true" /> : <Pin size={16} aria-hidden="true" />}
          onSelect={() => mutate({ ids: [id], change: { is_pinned: !isPinned } })}
        >
          {t(isPinned ? 'list.unpin' : 'list.pin')}
        </MenuItem>
      )}
      <MenuItem
        icon={
          isArchived ? (
            <ArchiveRestore size={16} aria-hidden="true" />
          ) : (
            <Archive size={16} aria-hidden="true" />
          )
        }
        onSelect={() => archive([id], !isArchived)}
      >
        {t(isArchived ? 'list.unarchive' : 'list.toArchive')}
      </MenuItem>
      <MenuItem icon={<ListChecks size={16} aria-hidden="true" />} onSelect={() => toggleChosen(id)}>
        {t('list.choose')}
      </MenuItem>
      <MenuLine />
      <MenuItem icon={<FileText size={16} aria-hidden="true" />} onSelect={() => void save('markdown')}>
        {t('list.exportMarkdown')}
      </MenuItem>
      <MenuItem icon={<Braces size={16} aria-hidden="true" />} onSelect={() => void save('json')}>
        {t('list.exportJson')}
      </MenuItem>
      <MenuLine />
      <MenuItem
        isDanger
        icon={<Trash2 size={16} aria-hidden="true" />}
        shortcut="Delete"
        onSelect={() => listState.setState({ deleting: [conversation] })}
      >
        {t('list.delete')}
      </MenuItem>
    </>
  )
}

function useExport(id: string): (format: ExportFormat) => Promise<void> {
  const { t } = useTranslation('shell')
  const explain = useExplain()
  return async (format) => {
    try {
      const { name, data } = await exportConversation(id, format)
      saveFile(name, data)
    } catch (error) {
      toast(t('list.notExported', { reason: explain(error).message }), { kind: 'problem' })
    }
  }
}
