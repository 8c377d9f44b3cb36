import { useTranslation } from 'react-i18next'
import type { DraftBody } from '@/core/wire'
import { fromBase64 } from '@/proof/bytes'
import { parseRelease, type Release } from '@/proof/prompt/release'
import { Refused } from '@/proof/refused'
import { readDraft } from '@/signing/draft'
import { SignDraft } from '@/signing/SignDraft'
import { Differences } from '@/transparency/Comparison'
import { Button } from '@/ui/Button'
import { Section } from '@/ui/Section'
import styles from './Changes.module.css'
import { useSigned } from './SignAction'

/** Everything that would differ, read from the very bytes that are signed, and the signature. */
export function ProposedDraft({
  draft,
  base,
  onBack,
  onDone,
}: {
  draft: DraftBody
  base: Release | null
  onBack: () => void
  onDone: () => void
}) {
  const { t } = useTranslation('changes')
  const candidate = candidateOf(draft)
  const signed = useSigned(onDone)
  return (
    <>
      <Section title={t('propose.differences')} hint={t('propose.differencesHint')}>
        {candidate === null ? (
          <p role="alert">{t('propose.unreadable')}</p>
        ) : (
          <Differences before={base} after={candidate} />
        )}
      </Section>
      <Section title={t('propose.sign')}>
        {candidate !== null && <SignDraft draft={draft} onSigned={signed} />}
        <div className={styles['actions']}>
          <Button onClick={onBack}>{t('propose.edit')}</Button>
        </div>
      </Section>
    </>
  )
}

/** The candidate that a draft brings, where its bytes are those that the statement names; null else. */
export function candidateOf(draft: DraftBody): Release | null {
  const subject = readDraft(draft)?.statement.subject
  const sent = subject === undefined ? undefined : draft.contents?.[subject]
  if (sent === undefined) return null
  try {
    const release = parseRelease(fromBase64(sent))
    return release.id === subject ? release : null
  } catch (error) {
    if (error instanceof Refused) return null
    throw error
  }
}
