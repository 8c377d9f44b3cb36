import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { saveFile } from '@/core/files'
import { browserClient } from '@/proof/browser'
import type { WholeVisit } from '@/proof/client/light-client'
import type { Mark } from '@/proof/client/pins'
import { LogAlarm } from '@/proof/client/watch'
import { Button } from '@/ui/Button'
import { Digest } from '@/ui/Copy'
import { Section } from '@/ui/Section'
import { ErrorState, Loading } from '@/ui/States'
import { When } from '@/ui/When'
import { AlarmBanner } from './AlarmBanner'
import { Facts } from './Facts'
import { replyLogs } from './story'
import styles from './Transparency.module.css'
import { witnessesOf } from './witnesses'

/** The signed state of every log, who cosigned it, and what this browser saw of it before. */
export default function Logs({ visit }: { visit: WholeVisit }) {
  const { t } = useTranslation('transparency')
  return (
    <>
      <Section title={t('logs.governance')}>
        <p className={styles['soft']}>{t('logs.governanceBody')}</p>
        <LogFacts mark={visit.now} before={visit.before} />
        <Witnesses visit={visit} mark={visit.now} />
      </Section>
      {replyLogs(visit.history.state).map((number) => (
        <ReplyLog key={number} number={number} visit={visit} />
      ))}
    </>
  )
}

function ReplyLog({ number, visit }: { number: string; visit: WholeVisit }) {
  const { t } = useTranslation('transparency')
  const log = useQuery({
    queryKey: ['proof', 'replies', number],
    queryFn: () => browserClient().visitReplies(number),
    refetchInterval: 30_000,
    retry: false,
  })
  return (
    <Section title={t('logs.replies', { number })}>
      <p className={styles['soft']}>{t('logs.repliesBody')}</p>
      {log.isPending ? (
        <Loading />
      ) : log.isError ? (
        log.error instanceof LogAlarm ? (
          <AlarmBanner alarm={log.error.alarm} onForgotten={() => void log.refetch()} />
        ) : (
          <ErrorState error={log.error} onRetry={() => void log.refetch()} />
        )
      ) : (
        <>
          <LogFacts mark={log.data} before={null} />
          <Witnesses visit={visit} mark={log.data} />
        </>
      )}
    </Section>
  )
}

function LogFacts({ mark, before }: { mark: Mark; before: Mark | null }) {
  const { t } = useTranslation('transparency')
  const name = mark.origin.split('/').slice(-2).join('-')
  const save = () => saveFile(`checkpoint-${name}-${mark.size}.txt`, new Blob([mark.note]))
  return (
    <>
      <Facts
        facts={[
          [t('logs.origin'), <code key="origin">{mark.origin}</code>],
          [t('logs.size'), String(mark.size)],
          [t('logs.root'), <Digest key="root" value={mark.root} length={24} />],
          [t('logs.signature'), t('logs.signatureHolds')],
          [t('logs.looked'), <When key="seen" atMs={mark.seen_ms} />],
          ...(before === null
            ? []
            : ([[t('logs.before'), t('logs.beforeIs', { count: before.size })]] as const)),
        ]}
      />
      <div>
        <Button size="small" onClick={save}>
          {t('logs.save')}
        </Button>
      </div>
    </>
  )
}

function Witnesses({ visit, mark }: { visit: WholeVisit; mark: Mark }) {
  const { t } = useTranslation('transparency')
  const { root } = visit.history.state
  const policy = root?.witness_policy ?? ''
  const { data: found } = useQuery({
    queryKey: ['proof', 'witnesses', mark.note, policy],
    queryFn: () => witnessesOf(mark, policy, visit.pins.keys),
    retry: false,
  })
  if (policy === '') return <p className={styles['soft']}>{t('logs.noWitnesses')}</p>
  if (!found) return <Loading />
  if (found.problem !== '')
    return (
      <p className={styles['caveat']} role="alert">
        {t('logs.witnessesFail', { problem: found.problem })}
      </p>
    )
  const cosigned = found.cosigned.join(', ') || t('overview.nobody')
  return <p>{t(found.isMet ? 'logs.quorumMet' : 'logs.quorumMissed', { cosigned })}</p>
}
