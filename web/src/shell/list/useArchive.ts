import { useTranslation } from 'react-i18next'
import { toast } from '@/ui/Toast'
import { useChange } from './useConversations'

/** Returns what puts conversations into the archive, or takes them out; a message offers the way back. */
export function useArchive(): (ids: readonly string[], isArchived: boolean) => void {
  const { t } = useTranslation('shell')
  const { mutate } = useChange()
  return (ids, isArchived) => {
    mutate({ ids, change: { is_archived: isArchived } })
    toast(t(isArchived ? 'list.archived' : 'list.unarchived', { count: ids.length }), {
      action: {
        label: t('undo'),
        run: () => mutate({ ids, change: { is_archived: !isArchived } }),
      },
    })
  }
}
