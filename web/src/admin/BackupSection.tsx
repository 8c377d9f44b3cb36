import { useMutation } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { offerBackup } from '@/core/admin'
import { Button } from '@/ui/Button'
import { useExplain } from '@/ui/errors'
import { PasswordField } from '@/ui/PasswordField'
import styles from './Admin.module.css'
import { Command } from './Command'

/** The fewest characters of a passphrase; the server holds it. */
const MIN_PASSPHRASE = 10

/** One encrypted file that holds the installation, and how it is put back. */
export function BackupSection() {
  const { t } = useTranslation('admin')
  const explain = useExplain()
  const [passphrase, setPassphrase] = useState('')
  const [again, setAgain] = useState('')
  const differs = again !== '' && again !== passphrase
  const offer = useMutation({
    mutationFn: () => offerBackup(passphrase),
    onSuccess: (made) => {
      setPassphrase('')
      setAgain('')
      // The browser saves it as any other file; the address works once.
      window.location.assign(made.path)
    },
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (again === passphrase) offer.mutate()
  }
  return (
    <div className={styles['stack']}>
      <section className={styles['block']} aria-labelledby="backup-make">
        <h2 id="backup-make">{t('backup.make')}</h2>
        <p className={styles['hint']}>{t('backup.hint')}</p>
        <form className={styles['form']} onSubmit={submit}>
          <PasswordField
            label={t('backup.passphrase')}
            hint={t('backup.passphraseHint', { count: MIN_PASSPHRASE })}
            autoComplete="new-password"
            required
            minLength={MIN_PASSPHRASE}
            value={passphrase}
            onChange={(event) => setPassphrase(event.target.value)}
            problem={offer.isError ? explain(offer.error).message : undefined}
          />
          <PasswordField
            label={t('backup.again')}
            autoComplete="new-password"
            required
            value={again}
            onChange={(event) => setAgain(event.target.value)}
            problem={differs ? t('backup.differs') : undefined}
          />
          <div>
            <Button kind="primary" type="submit" isBusy={offer.isPending}>
              {t('backup.download')}
            </Button>
          </div>
        </form>
        <div aria-live="polite">
          {offer.isSuccess && (
            <p>
              {t('backup.started', { name: offer.data.file_name })} {offer.data.notice}
            </p>
          )}
        </div>
      </section>
      <section className={styles['block']} aria-labelledby="backup-restore">
        <h2 id="backup-restore">{t('backup.restore')}</h2>
        <p className={styles['hint']}>{t('backup.restoreHint')}</p>
        <Command text="verax backup verify FILE" />
        <Command text="verax backup restore FILE" />
      </section>
    </div>
  )
}
