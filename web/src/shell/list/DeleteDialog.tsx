import { useTranslation } from 'react-i18next'
import { useLocation } from 'wouter'
import { isolated } from '@/core/bidi'
import { conversationPath } from '@/core/conversations'
import { eraseNow, eraseSoon, UNDO_MS, undoErasures } from '@/core/erasures'
import { ConfirmDialog } from '@/ui/ConfirmDialog'
import { toast } from '@/ui/Toast'
import { useSession } from '../useSession'
import { listState, useListState } from './list-state'

/** Says what erasing a conversation does before it is done, and then leaves a while to undo it. */
export function DeleteDialog() {
  const { t } = useTranslation('shell')
  const [path, navigate] = useLocation()
  const userId = useSession().data?.user_id ?? ''
  const deleting = useListState((state) => state.deleting)
  const close = () => listState.setState({ deleting: [] })
  const count = deleting.length
  const title = deleting[0]?.title || t('list.untitled')

  const confirm = () => {
    const ids = deleting.map(({ id }) => id)
    eraseSoon(deleting, userId)
    listState.setState({ deleting: [], chosen: null })
    if (ids.some((id) => path === conversationPath(id))) navigate('/', { replace: true })
    toast(t('delete.waiting', { count, seconds: UNDO_MS / 1000 }), {
      durationMs: UNDO_MS,
      action: { label: t('undo'), run: () => undoErasures(ids) },
      onEnd: () => void eraseNow(ids),
    })
  }
  return (
    <ConfirmDialog
      isOpen={count > 0}
      isDanger
      title={t('delete.title', { count })}
      action={t('list.delete')}
      onConfirm={confirm}
      onCancel={close}
    >
      <p>
        {count === 1
          ? t('delete.one', {
              title: isolated(title),
              messages: t('delete.messages', { count: deleting[0]?.messages ?? 0 }),
            })
          : t('delete.many', { count })}
      </p>
      <p>{t('delete.stays')}</p>
      <p>{t('delete.copies')}</p>
    </ConfirmDialog>
  )
}
