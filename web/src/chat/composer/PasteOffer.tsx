import { useEffect, useRef } from 'react'
import { useTranslation } from 'react-i18next'
import { Button } from '@/ui/Button'
import styles from './PasteOffer.module.css'

export interface PasteOfferProps {
  readonly text: string
  readonly onAttach: () => void
  readonly onInsert: () => void
}

/** Asks what is to become of a very long text that was pasted. */
export function PasteOffer({ text, onAttach, onInsert }: PasteOfferProps) {
  const { t, i18n } = useTranslation('chat')
  const attach = useRef<HTMLButtonElement>(null)
  useEffect(() => attach.current?.focus(), [])
  const count = new Intl.NumberFormat(i18n.language).format(text.length)
  return (
    <div className={styles['offer']} role="alertdialog" aria-labelledby="paste-offer">
      <p id="paste-offer">{t('paste.body', { count: text.length, shown: count })}</p>
      <div className={styles['actions']}>
        <Button size="small" onClick={onInsert}>
          {t('paste.insert')}
        </Button>
        <Button size="small" kind="primary" ref={attach} onClick={onAttach}>
          {t('paste.attach')}
        </Button>
      </div>
    </div>
  )
}
