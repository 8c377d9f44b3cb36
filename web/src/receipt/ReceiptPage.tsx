import { useTranslation } from 'react-i18next'
import { useParams } from 'wouter'
import { Page } from '@/shell/Page'
import { ReceiptPanel } from './ReceiptPanel'

/** The receipt of one turn as a page: its address can be handed on to whoever may hold the id. */
export default function ReceiptPage() {
  const { t } = useTranslation('receipt')
  const { turn = '' } = useParams<{ turn: string }>()
  return (
    <Page title={t('title')}>
      <ReceiptPanel key={turn} turnId={turn} />
    </Page>
  )
}
