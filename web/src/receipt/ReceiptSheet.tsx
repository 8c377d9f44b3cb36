import { useTranslation } from 'react-i18next'
import { Dialog } from '@/ui/Dialog'
import { ReceiptPanel } from './ReceiptPanel'

/** The receipt of a reply beside the chat. */
export default function ReceiptSheet({
  turnId,
  reply,
  onClose,
}: {
  turnId: string
  reply?: string | undefined
  onClose: () => void
}) {
  const { t } = useTranslation('receipt')
  return (
    <Dialog isOpen={true} onClose={onClose} title={t('title')} kind="sheet">
      <ReceiptPanel turnId={turnId} reply={reply} />
    </Dialog>
  )
}
