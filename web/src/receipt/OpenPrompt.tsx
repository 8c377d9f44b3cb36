import { lazy, Suspense, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { retrying } from '@/core/chunks'
import type { ReplyRecord } from '@/proof/record'
import { Button } from '@/ui/Button'
import { Section } from '@/ui/Section'
import { Loading } from '@/ui/States'
import styles from './ReceiptPanel.module.css'

const OpenedPrompt = lazy(() => retrying(() => import('./OpenedPrompt')))

/** The way to the whole prompt of one's own turn, part by part. */
export function OpenPrompt({ record, isLogged }: { record: ReplyRecord; isLogged: boolean }) {
  const { t } = useTranslation('receipt')
  const [isOpen, setOpen] = useState(false)
  return (
    <Section title={t('prompt.title')}>
      {isOpen ? (
        <Suspense fallback={<Loading />}>
          <OpenedPrompt record={record} isLogged={isLogged} />
        </Suspense>
      ) : (
        <>
          <p className={styles['soft']}>{t('prompt.body')}</p>
          <div>
            <Button size="small" onClick={() => setOpen(true)}>
              {t('prompt.open')}
            </Button>
          </div>
        </>
      )}
    </Section>
  )
}
