import { type FormEvent, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Link } from 'wouter'
import { codeOf } from '@/core/link-code'
import { Button } from '@/ui/Button'
import { Field } from '@/ui/Field'
import styles from './Entry.module.css'
import { EntryPage } from './EntryPage'

/** What somebody sees who opens an installation that nobody has set up: where the way in was printed. */
export function FreshPage({ onCode }: { onCode: (code: string) => void }) {
  const { t } = useTranslation('entry')
  const [isWrong, setWrong] = useState(false)
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const code = codeOf(String(new FormData(event.currentTarget).get('link')))
    setWrong(code === '')
    onCode(code)
  }
  return (
    <EntryPage title={t('fresh.title')} width="medium">
      <p>{t('fresh.body')}</p>
      <pre className={styles['terminal']}>
        <code>{`open  ${window.location.origin}/welcome#…`}</code>
      </pre>
      <form className={styles['form']} onSubmit={submit}>
        <Field
          label={t('fresh.field')}
          name="link"
          autoComplete="off"
          spellCheck={false}
          autoCapitalize="none"
          required
          problem={isWrong ? t('fresh.notALink') : undefined}
        />
        <Button type="submit" kind="primary">
          {t('fresh.submit')}
        </Button>
      </form>
      <div className={styles['notes']}>
        <p>
          {t('fresh.lost')} <code>verax user link owner</code>
        </p>
        <p>
          {t('fresh.password')} <Link href="/sign-in">{t('signIn.title')}</Link>
        </p>
      </div>
    </EntryPage>
  )
}
