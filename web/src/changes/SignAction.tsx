import { useMutation } from '@tanstack/react-query'
import { type ReactNode, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { DraftBody, DraftRequest, DraftSigned } from '@/core/wire'
import { discardDraft } from '@/signing/draft-calls'
import { Problem } from '@/signing/Problem'
import { SignDraft } from '@/signing/SignDraft'
import { useReadOn } from '@/transparency/useGovernance'
import { Button, type ButtonProps } from '@/ui/Button'
import { Dialog } from '@/ui/Dialog'
import { toast } from '@/ui/Toast'
import styles from './Changes.module.css'
import { makeDraft } from './change-calls'

export interface SignActionProps {
  /** The verb of the deed: on the button and above what is signed. */
  readonly action: string
  /** What is asked for when the button is pressed. */
  readonly wish: DraftRequest
  readonly kind?: ButtonProps['kind']
  readonly isDisabled?: boolean
  /** What stands above the statement in the dialog. */
  readonly children?: ReactNode
}

/** A button that has a statement written, shows it with its code, and has it signed with a passkey. */
export function SignAction({ action, wish, kind = 'plain', isDisabled = false, children }: SignActionProps) {
  const [draft, setDraft] = useState<DraftBody | null>(null)
  const make = useMutation({ mutationFn: () => makeDraft(wish), onSuccess: setDraft })
  const readOn = useReadOn()
  const signed = useSigned(() => setDraft(null))
  const close = () => {
    if (draft !== null) void discardDraft(draft.id).catch(() => {})
    setDraft(null)
    // The log may have moved meanwhile: that is what most refusals come from.
    void readOn()
  }
  return (
    <>
      <Button kind={kind} disabled={isDisabled} isBusy={make.isPending} onClick={() => make.mutate()}>
        {action}
      </Button>
      {make.error !== null && <Problem error={make.error} />}
      {draft !== null && (
        <Dialog isOpen onClose={close} title={action}>
          <div className={styles['stack']}>
            {children}
            <SignDraft draft={draft} onSigned={signed} />
          </div>
        </Dialog>
      )}
    </>
  )
}

/** Returns what is to be done once a statement stands in the log: say so, read on in the log, then `onDone`. */
export function useSigned(onDone: () => void): (signed: DraftSigned) => void {
  const { t } = useTranslation('changes')
  const readOn = useReadOn()
  return ({ index }) => {
    if (index === null) return
    toast(t('signed', { index }))
    void readOn().then(onDone)
  }
}
