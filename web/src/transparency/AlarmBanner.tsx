import { OctagonAlert } from 'lucide-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { saveFile } from '@/core/files'
import { browserClient } from '@/proof/browser'
import type { Alarm } from '@/proof/client/watch'
import { Button } from '@/ui/Button'
import { ConfirmDialog } from '@/ui/ConfirmDialog'
import styles from './Transparency.module.css'

/** The log is not what this browser saw: said as loudly as it can be, with the evidence. */
export function AlarmBanner({ alarm, onForgotten }: { alarm: Alarm; onForgotten: () => void }) {
  const { t } = useTranslation(['transparency', 'receipt'])
  const [isAsking, setAsking] = useState(false)
  const save = () => {
    const evidence = { address: window.location.origin, time: new Date().toISOString(), alarm }
    saveFile('verax-evidence.json', new Blob([`${JSON.stringify(evidence, null, 2)}\n`]))
  }
  const forget = async () => {
    await browserClient().forget()
    setAsking(false)
    onForgotten()
  }
  return (
    <div className={styles['alarm']} role="alert">
      <OctagonAlert size={36} aria-hidden="true" />
      <div>
        <h2>{t('alarm.title')}</h2>
        <p>{t(`receipt:reason.${alarm.reason}`, { defaultValue: alarm.detail })}</p>
        <p className={styles['code']}>{alarm.detail}</p>
        <p>{t('alarm.body')}</p>
        <div className={styles['actions']}>
          <Button onClick={save}>{t('alarm.save')}</Button>
          <Button kind="danger" onClick={() => setAsking(true)}>
            {t('alarm.forget')}
          </Button>
        </div>
      </div>
      <ConfirmDialog
        isOpen={isAsking}
        title={t('alarm.forgetTitle')}
        action={t('alarm.forget')}
        isDanger={true}
        onConfirm={() => void forget()}
        onCancel={() => setAsking(false)}
      >
        <p>{t('alarm.forgetBody')}</p>
      </ConfirmDialog>
    </div>
  )
}
