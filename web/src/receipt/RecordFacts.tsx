import { useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { Link } from 'wouter'
import { browserClient } from '@/proof/browser'
import { parseRelease } from '@/proof/prompt/release'
import type { ReceiptReport, Step } from '@/proof/receipt'
import type { ReplyRecord } from '@/proof/record'
import { Digest } from '@/ui/Copy'
import { classes } from '@/ui/classes'
import { Section } from '@/ui/Section'
import type { Standing } from './check'
import styles from './ReceiptPanel.module.css'

export interface RecordFactsProps {
  readonly record: ReplyRecord
  readonly report: ReceiptReport | null
  readonly standing: Standing | null
}

/** What a record says, in plain words; what is only claimed is called a claim. */
export function RecordFacts({ record, report, standing }: RecordFactsProps) {
  const { t, i18n } = useTranslation('receipt')
  const step = (name: Step['step']) => report?.steps.find((item) => item.step === name)
  const governance = step('governance')
  const inclusion = step('inclusion')
  const time = new Intl.DateTimeFormat(i18n.language, { dateStyle: 'medium', timeStyle: 'medium' })
  return (
    <Section title={t('facts.title')}>
      <dl className={styles['facts']}>
        <Fact name={t('facts.channel')}>
          {record.channel} {record.arm !== 'head' && <>({t(`facts.arm.${record.arm}`)})</>}
        </Fact>
        <Fact name={t('facts.release')}>
          <ReleaseName id={record.release} /> <Digest value={record.release} />
          {standing !== null && <StandingTag standing={standing} />}
        </Fact>
        <Approvals mode={record.mode} governance={governance} />
        <Fact name={t('facts.runtime')}>
          <Digest value={record.runtime} />{' '}
          {t(governance?.outcome === 'verified' ? 'facts.runtimeAdmitted' : 'facts.runtimeClaimed')}
        </Fact>
        <Fact name={t('facts.model')}>
          {t(`facts.backend.${record.backend.kind}`, { defaultValue: record.backend.kind })}
          {record.backend.kind === 'remote' && <> {t('facts.weightsUnknown')}</>}
          {record.backend.weights !== 'unknown' && (
            <>
              {' '}
              <Digest value={record.backend.weights} />
            </>
          )}
        </Fact>
        {inclusion?.outcome === 'verified' && (
          <Fact name={t('facts.place')}>
            {t('facts.placeIs', {
              index: Number(inclusion.facts['index']) + 1,
              size: Number(inclusion.facts['size']),
            })}
          </Fact>
        )}
        <Fact name={t('facts.time')}>
          <time dateTime={new Date(record.time_ms).toISOString()}>{time.format(record.time_ms)}</time>{' '}
          {t('facts.timeClaim')}
        </Fact>
        <Fact name={t('facts.ended')}>{t(`facts.status.${record.status}`)}</Fact>
      </dl>
    </Section>
  )
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </>
  )
}

function Approvals({ mode, governance }: { mode: ReplyRecord['mode']; governance: Step | undefined }) {
  const { t } = useTranslation('receipt')
  const facts = governance?.outcome === 'verified' ? governance.facts : null
  return (
    <>
      <Fact name={t('facts.mode')}>
        <span className={mode === 'solo' ? styles['tag'] : undefined}>{t(`facts.modes.${mode}.name`)}</span>{' '}
        {t(`facts.modes.${mode}.body`)}
      </Fact>
      {facts !== null && facts['authors'] !== undefined && (
        <>
          <Fact name={t('facts.proposed')}>{facts['authors']}</Fact>
          <Fact name={t('facts.approved')}>{facts['approved'] || t('facts.approvedByNobody')}</Fact>
          <Fact name={t('facts.gates')}>{facts['gates'] || t('facts.noGates')}</Fact>
        </>
      )}
    </>
  )
}

function StandingTag({ standing }: { standing: Standing }) {
  const { t } = useTranslation('receipt')
  const isBad = standing === 'rolled-back' || standing === 'frozen'
  return (
    <div className={isBad ? classes(styles['tag'], styles['bad']) : styles['soft']}>
      {t(`standing.${standing}`)}
    </div>
  )
}

/** The name that a release gives itself, read from its published bytes; the way to all that it says. */
function ReleaseName({ id }: { id: string }) {
  const { data: name } = useQuery({
    queryKey: ['release-name', id],
    queryFn: async () => {
      const data = await browserClient().blobs(id)
      return data === null ? null : parseRelease(data).name
    },
    staleTime: Number.POSITIVE_INFINITY,
    retry: false,
  })
  return <Link href={`/transparency/release/${id}`}>{name ?? `r-${id.slice(0, 8)}`}</Link>
}
