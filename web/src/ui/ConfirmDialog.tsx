import { AlertDialog as Parts } from 'radix-ui'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { Button } from './Button'
import { classes } from './classes'
import styles from './Dialog.module.css'
import { useDialogFocus } from './focus'

export interface ConfirmDialogProps {
  readonly isOpen: boolean
  readonly title: string
  /** What will happen, in full; read out when the question appears. */
  readonly children: ReactNode
  /** The verb of the deed, as on the button that asked for it. */
  readonly action: string
  readonly isDanger?: boolean
  readonly isBusy?: boolean
  /** Left out: the deed can be confirmed at once. */
  readonly isDisabled?: boolean
  readonly onConfirm: () => void
  readonly onCancel: () => void
}

/** Asks before something that matters; the focus begins on Cancel, and a click beside it answers nothing. */
export function ConfirmDialog({
  isOpen,
  title,
  children,
  action,
  isDanger = false,
  isBusy = false,
  isDisabled = false,
  onConfirm,
  onCancel,
}: ConfirmDialogProps) {
  const { t } = useTranslation()
  const focus = useDialogFocus('usual')
  return (
    <Parts.Root open={isOpen} onOpenChange={(open) => !open && onCancel()}>
      <Parts.Portal>
        <Parts.Overlay className={styles['scrim']} />
        <Parts.Content className={classes(styles['content'], styles['dialog'])} {...focus}>
          <header className={styles['head']}>
            <Parts.Title className={styles['title']}>{title}</Parts.Title>
          </header>
          <Parts.Description asChild>
            <div className={classes(styles['body'], styles['words'])}>{children}</div>
          </Parts.Description>
          <footer className={styles['actions']}>
            <Parts.Cancel asChild>
              <Button>{t('cancel')}</Button>
            </Parts.Cancel>
            <Button
              kind={isDanger ? 'destroy' : 'primary'}
              isBusy={isBusy}
              disabled={isDisabled}
              onClick={onConfirm}
            >
              {action}
            </Button>
          </footer>
        </Parts.Content>
      </Parts.Portal>
    </Parts.Root>
  )
}
