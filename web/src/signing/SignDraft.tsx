import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { KeyRound } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { signDraft } from '@/core/passkeys'
import type { DraftBody, DraftSigned, MissingSignatures } from '@/core/wire'
import { keys } from '@/queries'
import { Button } from '@/ui/Button'
import { ErrorState, Loading } from '@/ui/States'
import { When } from '@/ui/When'
import { readDraft } from './draft'
import { readDraftBody } from './draft-calls'
import { Problem } from './Problem'
import styles from './Signing.module.css'
import { StatementFacts } from './StatementFacts'

export interface SignDraftProps {
  readonly draft: DraftBody
  /** Called after each signature that the server took; `index` is null while others must still sign. */
  readonly onSigned: (signed: DraftSigned) => void
}

/** Shows what a draft says and its short code, both read from the bytes that are signed, and signs it with a passkey. */
export function SignDraft({ draft, onSigned }: SignDraftProps) {
  const isWhole = draft.contents !== null || draft.blobs.length === 0
  const whole = useQuery({
    queryKey: keys.draft(draft.id),
    queryFn: ({ signal }) => readDraftBody(draft.id, signal),
    enabled: !isWhole,
  })
  if (isWhole) return <WholeDraft draft={draft} onSigned={onSigned} />
  if (whole.isPending) return <Loading />
  if (whole.isError) return <ErrorState error={whole.error} onRetry={() => void whole.refetch()} />
  return <WholeDraft draft={whole.data} onSigned={onSigned} />
}

function WholeDraft({ draft, onSigned }: SignDraftProps) {
  const { t } = useTranslation('signing')
  const client = useQueryClient()
  const sign = useMutation({
    mutationFn: () => signDraft(draft),
    onSuccess: (signed) => onSigned(signed),
    onSettled: () => client.invalidateQueries({ queryKey: keys.drafts }),
  })
  const read = readDraft(draft)
  if (read === null) {
    return (
      <p className={styles['problem']} role="alert">
        {t('unreadable')}
      </p>
    )
  }
  return (
    <div className={styles['draft']}>
      <StatementFacts read={read} />
      <div className={styles['code']}>
        <p>{t('code.name')}</p>
        <code>{read.code}</code>
        <p className={styles['hint']}>{t('code.hint')}</p>
      </div>
      <Signatures draft={sign.data?.draft ?? draft} />
      {sign.error !== null && <Problem error={sign.error} />}
      {sign.isSuccess ? (
        <p role="status">
          {sign.data.index === null ? t('signed.waits') : t('signed.done', { index: sign.data.index })}
        </p>
      ) : (
        <div>
          <Button kind="primary" isBusy={sign.isPending} onClick={() => sign.mutate()}>
            <KeyRound size={18} aria-hidden="true" /> {t('sign')}
          </Button>
        </div>
      )}
    </div>
  )
}

/** Who has signed and who still may; the server counts, and the log decides. */
function Signatures({ draft }: { draft: DraftBody }) {
  const { t } = useTranslation('signing')
  const { missing, signed_by: persons } = draft
  return (
    <dl className={styles['facts']}>
      <div>
        <dt>{t('signatures.by')}</dt>
        <dd>{persons.length === 0 ? t('signatures.nobody') : persons.join(', ')}</dd>
      </div>
      <div>
        <dt>{t('signatures.needed')}</dt>
        <dd>{missing === null ? t('signatures.one') : <Missing missing={missing} />}</dd>
      </div>
      <div>
        <dt>{t('signatures.until')}</dt>
        <dd>
          <When atMs={draft.expires_ms} />
        </dd>
      </div>
    </dl>
  )
}

function Missing({ missing }: { missing: MissingSignatures }) {
  const { t } = useTranslation('signing')
  const { by_old, by_new, may_sign: persons } = missing
  return (
    <>
      <p>{t('signatures.old', { count: by_old })}</p>
      <p>{t('signatures.new', { count: by_new })}</p>
      {persons.length > 0 && <p>{t('signatures.may', { persons: persons.join(', ') })}</p>}
    </>
  )
}
