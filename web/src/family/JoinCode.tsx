import { useMutation } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { endClassroomCode, makeClassroomCode } from '@/core/junior'
import { Button } from '@/ui/Button'
import { useExplain } from '@/ui/errors'
import { Section } from '@/ui/Section'
import { toast } from '@/ui/Toast'
import styles from './Family.module.css'

/** As long as a lesson. */
const MINUTES = 45

/** A code for the board: children of the class type it at `/junior/join`, with their colour and animal. */
export function JoinCode() {
  const { t, i18n } = useTranslation('family')
  const explain = useExplain()
  const onError = (error: unknown) => toast(explain(error).message, { kind: 'problem' })
  const make = useMutation({ mutationFn: () => makeClassroomCode(MINUTES), onError })
  const end = useMutation({ mutationFn: endClassroomCode, onSuccess: () => make.reset(), onError })
  const address = `${window.location.origin}/junior/join`
  return (
    <Section title={t('joinCode.title')} hint={t('joinCode.hint', { address })}>
      {make.data !== undefined && (
        <div aria-live="polite">
          <p className={styles['code']}>{grouped(make.data.code)}</p>
          <p className={styles['soft']}>
            {t('joinCode.until', {
              time: new Intl.DateTimeFormat(i18n.language, { timeStyle: 'short' }).format(
                make.data.expires_ms,
              ),
            })}
          </p>
        </div>
      )}
      <div className={styles['row']}>
        <Button isBusy={make.isPending} onClick={() => make.mutate()}>
          {t(make.data === undefined ? 'joinCode.make' : 'joinCode.another')}
        </Button>
        {make.data !== undefined && (
          <Button isBusy={end.isPending} onClick={() => end.mutate()}>
            {t('joinCode.end')}
          </Button>
        )}
      </div>
    </Section>
  )
}

/** Digits in groups of four, as people read them out. */
function grouped(code: string): string {
  return code.replaceAll(/(.{4})(?=.)/g, '$1 ')
}
