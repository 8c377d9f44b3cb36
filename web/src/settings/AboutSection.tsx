import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { readLicences, readSite } from '@/core/site'
import type { SiteBody } from '@/core/wire'
import { keys } from '@/queries'
import { Badge } from '@/ui/Badge'
import { Button } from '@/ui/Button'
import { Fingerprint } from '@/ui/Fingerprint'
import { Section } from '@/ui/Section'
import { ErrorState, Loading } from '@/ui/States'
import styles from './Settings.module.css'

/** What this installation is, and whose work is in it. */
export function AboutSection() {
  const { t } = useTranslation('settings')
  const site = useQuery({ queryKey: keys.site, queryFn: ({ signal }) => readSite(signal) })
  if (site.isPending) return <Loading />
  if (site.isError) return <ErrorState error={site.error} onRetry={() => void site.refetch()} />
  return (
    <>
      <Section isBeside title={t('about.title')}>
        <Facts site={site.data} />
      </Section>
      <Section isBeside title={t('about.fingerprint')} hint={t('about.fingerprintHint')}>
        <Fingerprint site={site.data} />
      </Section>
      <Section isBeside title={t('licences.title')} hint={t('licences.hint')}>
        <Licences />
      </Section>
    </>
  )
}

function Facts({ site }: { site: SiteBody }) {
  const { t } = useTranslation('settings')
  return (
    <dl className={styles['facts']}>
      <dt>{t('about.name')}</dt>
      <dd dir="auto">{site.name}</dd>
      <dt>{t('about.version')}</dt>
      <dd>{site.version}</dd>
      <dt>{t('about.mode')}</dt>
      <dd>
        <Badge kind={site.solo ? 'warn' : 'good'}>{site.solo ? 'solo' : 'quorum'}</Badge>
        <p className={styles['note']}>{t(site.solo ? 'about.solo' : 'about.quorum')}</p>
      </dd>
    </dl>
  )
}

/** The notices of everything that is built into the page; read when somebody wants them. */
function Licences() {
  const { t } = useTranslation('settings')
  const [isOpen, setOpen] = useState(false)
  const licences = useQuery({
    queryKey: keys.licences,
    queryFn: ({ signal }) => readLicences(signal),
    enabled: isOpen,
    staleTime: Number.POSITIVE_INFINITY,
  })
  if (!isOpen) {
    return (
      <div>
        <Button onClick={() => setOpen(true)}>{t('licences.show')}</Button>
      </div>
    )
  }
  if (licences.isPending) return <Loading />
  if (licences.isError) return <ErrorState error={licences.error} onRetry={() => void licences.refetch()} />
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by the keyboard
    <section className={styles['licences']} tabIndex={0} aria-label={t('licences.title')} lang="en">
      {licences.data}
    </section>
  )
}
