import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { DraftBody } from '@/core/wire'
import { keys } from '@/queries'
import { readDraft } from '@/signing/draft'
import { discardDraft, listDrafts } from '@/signing/draft-calls'
import { SignDraft } from '@/signing/SignDraft'
import { Button } from '@/ui/Button'
import { ConfirmDialog } from '@/ui/ConfirmDialog'
import { Dialog } from '@/ui/Dialog'
import { useExplain } from '@/ui/errors'
import { ErrorState, Loading } from '@/ui/States'
import { toast } from '@/ui/Toast'
import { When } from '@/ui/When'
import styles from './Settings.module.css'

/** What waits for signatures, each under the code that this browser computed of it. */
export function Drafts() {
  const { t } = useTranslation('settings')
  const found = useQuery({ queryKey: keys.drafts, queryFn: ({ signal }) => listDrafts(signal) })
  const [shown, setShown] = useState<DraftBody | null>(null)
  const close = () => setShown(null)
  if (found.isPending) return <Loading />
  if (found.isError) return <ErrorState error={found.error} onRetry={() => void found.refetch()} />
  return (
    <>
      {found.data.data.length === 0 && <p className={styles['note']}>{t('drafts.none')}</p>}
      <ul className={styles['list']}>
        {found.data.data.map((draft) => (
          <DraftLine key={draft.id} draft={draft} onShow={() => setShown(draft)} />
        ))}
      </ul>
      {shown !== null && (
        <Dialog isOpen onClose={close} title={t('drafts.one')}>
          <SignDraft draft={shown} onSigned={() => {}} />
        </Dialog>
      )}
    </>
  )
}

function DraftLine({ draft, onShow }: { draft: DraftBody; onShow: () => void }) {
  const { t } = useTranslation('settings')
  const read = readDraft(draft)
  const kind = read === null ? 'unreadable' : read.statement.kind
  return (
    <li className={styles['item']}>
      <div>
        <p>
          {t(`drafts.kind.${kind}`)} {read !== null && <code>{read.code}</code>}
        </p>
        <p className={styles['note']}>
          {t('drafts.made')} <When atMs={draft.created_ms} />
        </p>
      </div>
      <div className={styles['actions']}>
        <Button size="small" onClick={onShow}>
          {t('drafts.look')}
        </Button>
        {draft.may_discard && <DiscardDraft id={draft.id} code={read?.code ?? ''} />}
      </div>
    </li>
  )
}

/** Asks once, then has the server forget a draft. */
function DiscardDraft({ id, code }: { id: string; code: string }) {
  const { t } = useTranslation('settings')
  const explain = useExplain()
  const client = useQueryClient()
  const [isAsking, setAsking] = useState(false)
  const discard = useMutation({
    mutationFn: () => discardDraft(id),
    onError: (error) => toast(explain(error).message, { kind: 'problem' }),
    onSettled: () => {
      setAsking(false)
      return client.invalidateQueries({ queryKey: keys.drafts })
    },
  })
  return (
    <>
      <Button
        size="small"
        kind="danger"
        aria-label={t('drafts.discardOf', { code })}
        onClick={() => setAsking(true)}
      >
        {t('drafts.discard')}
      </Button>
      <ConfirmDialog
        isOpen={isAsking}
        isDanger
        title={t('drafts.discardOf', { code })}
        action={t('drafts.discard')}
        isBusy={discard.isPending}
        onConfirm={() => discard.mutate()}
        onCancel={() => setAsking(false)}
      >
        <p>{t('drafts.discardMeans')}</p>
      </ConfirmDialog>
    </>
  )
}
