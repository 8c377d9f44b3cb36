import { X } from 'lucide-react'
import { Dialog as Parts } from 'radix-ui'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { IconButton } from './Button'
import { classes } from './classes'
import styles from './Dialog.module.css'
import { useDialogFocus } from './focus'

export interface DialogProps {
  readonly isOpen: boolean
  readonly onClose: () => void
  readonly title: string
  readonly description?: string
  /** `sheet` comes from the side and leaves the page in view; `dialog` stands in the middle. */
  readonly kind?: 'dialog' | 'sheet'
  readonly children: ReactNode
  /** Buttons at the foot, the main one last. */
  readonly actions?: ReactNode
}

/** A dialog or side sheet: the focus stays inside, Escape closes, and the focus goes back where it was. */
export function Dialog({
  isOpen,
  onClose,
  title,
  description,
  kind = 'dialog',
  children,
  actions,
}: DialogProps) {
  const { t } = useTranslation()
  const focus = useDialogFocus('field')
  return (
    <Parts.Root open={isOpen} onOpenChange={(open) => !open && onClose()}>
      <Parts.Portal>
        <Parts.Overlay className={styles['scrim']} />
        <Parts.Content
          className={classes(styles['content'], styles[kind])}
          {...(description === undefined ? { 'aria-describedby': undefined } : {})}
          {...focus}
        >
          <header className={styles['head']}>
            <Parts.Title className={styles['title']}>{title}</Parts.Title>
            <Parts.Close asChild>
              <IconButton size="small" label={t('close')}>
                <X size={18} aria-hidden="true" />
              </IconButton>
            </Parts.Close>
          </header>
          {description !== undefined && (
            <Parts.Description className={styles['description']}>{description}</Parts.Description>
          )}
          <div className={styles['body']}>{children}</div>
          {actions !== undefined && <footer className={styles['actions']}>{actions}</footer>}
        </Parts.Content>
      </Parts.Portal>
    </Parts.Root>
  )
}
