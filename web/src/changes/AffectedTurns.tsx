import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useSession } from '@/shell/useSession'
import { Problem } from '@/signing/Problem'
import { Button } from '@/ui/Button'
import { CopyButton } from '@/ui/Copy'
import styles from './Changes.module.css'
import { readAffected } from './change-calls'

const SEEING: readonly string[] = ['owner', 'operator']
const SHOWN = 100

/** The ids of the turns that ran under what was taken out; an id opens a receipt, so only operators read them. */
export function AffectedTurns({ channel, move }: { channel: string; move: number }) {
  const { t } = useTranslation('changes')
  const roles = useSession().data?.roles ?? []
  const [isAsked, setAsked] = useState(false)
  const found = useQuery({
    queryKey: ['affected', channel, move],
    queryFn: ({ signal }) => readAffected(channel, move, signal),
    enabled: isAsked,
  })
  if (!roles.some((role) => SEEING.includes(role))) return null
  if (found.isError) return <Problem error={found.error} />
  if (found.data === undefined) {
    return (
      <div>
        <Button size="small" isBusy={isAsked} onClick={() => setAsked(true)}>
          {t('timeline.ids')}
        </Button>
      </div>
    )
  }
  const { turns, count } = found.data
  return (
    <>
      <p>
        {turns.length < count && (
          <>
            {t('byServer')} {t('timeline.kept', { kept: turns.length, all: count })}{' '}
          </>
        )}
        <CopyButton text={turns.join('\n')} label={t('timeline.copy')} isIcon={false} />
      </p>
      <ul className={styles['ids']} aria-label={t('timeline.turns')}>
        {turns.slice(0, SHOWN).map((id) => (
          <li key={id}>
            <code>{id}</code>
          </li>
        ))}
      </ul>
      {turns.length > SHOWN && (
        <p className={styles['soft']}>{t('timeline.moreIds', { count: turns.length - SHOWN })}</p>
      )}
    </>
  )
}
