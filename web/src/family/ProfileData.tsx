import { useMutation, useQueryClient } from '@tanstack/react-query'
import { Download, Trash2 } from 'lucide-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { saveFile } from '@/core/files'
import { eraseProfile, exportProfile } from '@/core/junior'
import { momentText } from '@/core/times'
import type { ProfileBody, ProfileErased } from '@/core/wire'
import { Button, ButtonLink } from '@/ui/Button'
import { ConfirmDialog } from '@/ui/ConfirmDialog'
import { Digest } from '@/ui/Copy'
import { useExplain } from '@/ui/errors'
import { Section } from '@/ui/Section'
import { toast } from '@/ui/Toast'
import { TermWords } from './ConsentFields'
import styles from './Family.module.css'
import { juniorKeys } from './queries'
import { usePairName } from './usePairName'

/** What was agreed to; everything that is kept, as a file; and the way to have it all gone. */
export function ProfileData({ profile }: { profile: ProfileBody }) {
  const { t, i18n } = useTranslation('family')
  const explain = useExplain()
  const pairName = usePairName()
  const client = useQueryClient()
  const [isErasing, setErasing] = useState(false)
  const [erased, setErased] = useState<ProfileErased | null>(null)
  const take = useMutation({
    mutationFn: () => exportProfile(profile.id),
    onSuccess: (data) => saveFile(`junior-${profile.colour}-${profile.animal}.json`, data),
    onError: (error) => toast(explain(error).message, { kind: 'problem' }),
  })
  const erase = useMutation({
    mutationFn: () => eraseProfile(profile.id),
    onSuccess: (gone) => {
      setErasing(false)
      setErased(gone)
      // The page of this child stands until its receipt was read; everything else forgets the child now.
      return client.invalidateQueries({ queryKey: juniorKeys.profiles })
    },
    onError: (error) => {
      setErasing(false)
      toast(explain(error).message, { kind: 'problem' })
    },
  })
  if (erased !== null) return <ErasureReceipt erased={erased} />
  const [consent] = profile.consents
  return (
    <>
      <Section isBeside title={t('consent.title')} hint={t('consent.titleHint')}>
        {consent !== undefined && (
          <>
            <ul className={styles['termList']}>
              {consent.terms.map((term) => (
                <li key={term.name}>
                  <TermWords term={term} />
                </li>
              ))}
            </ul>
            <p className={styles['soft']}>
              {t('consent.given', { at: momentText(consent.given_ms, i18n.language) })}
            </p>
          </>
        )}
      </Section>
      <Section isBeside title={t('data.export')} hint={t('data.exportHint')}>
        <div>
          <Button isBusy={take.isPending} onClick={() => take.mutate()}>
            <Download size={18} aria-hidden="true" /> {t('data.exportNow')}
          </Button>
        </div>
      </Section>
      <Section isBeside title={t('data.erase')} hint={t('data.eraseHint')}>
        <div>
          <Button kind="danger" onClick={() => setErasing(true)}>
            <Trash2 size={18} aria-hidden="true" /> {t('data.eraseNow')}
          </Button>
        </div>
      </Section>
      <ConfirmDialog
        isOpen={isErasing}
        isDanger
        title={t('data.eraseOf', { name: pairName(profile) })}
        action={t('data.eraseNow')}
        isBusy={erase.isPending}
        onConfirm={() => erase.mutate()}
        onCancel={() => setErasing(false)}
      >
        <p>{t('data.eraseMeans')}</p>
      </ConfirmDialog>
    </>
  )
}

/** The entry of the reply log that says how much went; shown once, to be kept as a file. */
function ErasureReceipt({ erased }: { erased: ProfileErased }) {
  const { t, i18n } = useTranslation(['family', 'common'])
  const { receipt } = erased
  const save = () =>
    saveFile(
      `junior-erased-${receipt.index}.json`,
      new Blob([`${JSON.stringify(receipt, null, 2)}\n`], { type: 'application/json' }),
    )
  return (
    <Section title={t('erased.title')} hint={t('erased.hint')}>
      <dl className={styles['receipt']}>
        <dt>{t('erased.count')}</dt>
        <dd>{receipt.count}</dd>
        <dt>{t('erased.at')}</dt>
        <dd>{momentText(receipt.time_ms, i18n.language)}</dd>
        <dt>{t('erased.log')}</dt>
        <dd>{receipt.log}</dd>
        <dt>{t('erased.entry')}</dt>
        <dd>{receipt.index}</dd>
        <dt>{t('erased.salt')}</dt>
        <dd>
          <Digest value={receipt.salt} />
        </dd>
      </dl>
      {!erased.is_done && <p className={styles['note']}>{t('erased.soon')}</p>}
      <div className={styles['row']}>
        <Button kind="primary" onClick={save}>
          <Download size={18} aria-hidden="true" /> {t('erased.save')}
        </Button>
        <ButtonLink href="/family">{t('allChildren')}</ButtonLink>
      </div>
    </Section>
  )
}
