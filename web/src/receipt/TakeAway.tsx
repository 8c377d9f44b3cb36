import { Download } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { saveFile } from '@/core/files'
import { Button } from '@/ui/Button'
import { CopyButton } from '@/ui/Copy'
import { Section } from '@/ui/Section'
import type { CheckFiles } from './check'
import styles from './ReceiptPanel.module.css'
import { commandFor, takeAwayFiles } from './take-away'

/** The files that prove it without this page, and the command that checks them without a network. */
export function TakeAway({ turnId, files }: { turnId: string; files: CheckFiles }) {
  const { t } = useTranslation('receipt')
  const all = takeAwayFiles(turnId, files)
  const save = (names: readonly string[]) => {
    for (const { name, data } of all.filter((file) => names.includes(file.name)))
      saveFile(name, new Blob([data]))
  }
  const command = commandFor(all)
  return (
    <Section title={t('takeAway.title')}>
      <p className={styles['soft']}>{t('takeAway.body')}</p>
      <div className={styles['files']}>
        {all.map(({ kind, name }) => (
          <Button key={name} size="small" onClick={() => save([name])}>
            <Download size={16} aria-hidden="true" /> {t(`takeAway.${kind}`)}
          </Button>
        ))}
        <Button size="small" onClick={() => save(all.map((file) => file.name))}>
          <Download size={16} aria-hidden="true" /> {t('takeAway.all')}
        </Button>
      </div>
      <div className={styles['command']}>
        <code>{command}</code>
        <CopyButton text={command} label={t('takeAway.copyCommand')} />
      </div>
      <p className={styles['soft']}>{t('takeAway.script')}</p>
    </Section>
  )
}
