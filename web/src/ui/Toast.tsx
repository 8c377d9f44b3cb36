import { X } from 'lucide-react'
import { Toast as Parts } from 'radix-ui'
import { useEffect, useEffectEvent } from 'react'
import { useTranslation } from 'react-i18next'
import { useStore } from 'zustand'
import { createStore } from 'zustand/vanilla'
import { Button, IconButton } from './Button'
import { classes } from './classes'
import styles from './Toast.module.css'

const SHOWN_MS = 6000
/** Longer where something can be done: the way there by keyboard takes time. */
const SHOWN_WITH_ACTION_MS = 10_000

export interface ToastMessage {
  readonly id: string
  readonly text: string
  readonly kind: 'note' | 'problem'
  /** Stands exactly that long; left out: as long as its kind needs, and its clock may stop. */
  readonly durationMs?: number
  readonly action?: { readonly label: string; readonly run: () => void }
  /** Called when it goes without its action having been taken. */
  readonly onEnd?: () => void
}

interface Toasts {
  readonly list: readonly ToastMessage[]
}

export const toasts = createStore<Toasts>()(() => ({ list: [] }))

let count = 0

/** Shows a short message at the top of the page, where it hides no field to write in, and reads it out; returns its id. */
export function toast(text: string, more: Partial<Omit<ToastMessage, 'id' | 'text'>> = {}): string {
  count += 1
  const message: ToastMessage = { kind: 'note', ...more, id: `toast-${count}`, text }
  toasts.setState(({ list }) => ({ list: [...list, message] }))
  return message.id
}

function remove(id: string): void {
  toasts.setState(({ list }) => ({ list: list.filter((message) => message.id !== id) }))
}

/**
 * Where messages appear; stands once in the page. The clock of a message stops while the mouse or the
 * keyboard is on it or the window is left; F8 goes there.
 */
export function ToastRegion() {
  const { t } = useTranslation()
  const { list } = useStore(toasts)
  return (
    <Parts.Provider label={t('toast.name')} swipeDirection="up" duration={SHOWN_MS}>
      {list.map((message) => (
        <ToastItem key={message.id} message={message} />
      ))}
      <Parts.Viewport className={styles['region']} label={t('toast.region')} />
    </Parts.Provider>
  )
}

function ToastItem({ message }: { message: ToastMessage }) {
  const { t } = useTranslation()
  const { id, text, kind, durationMs, action, onEnd } = message
  const end = () => {
    remove(id)
    onEnd?.()
  }
  const onTime = useEffectEvent(end)
  useEffect(() => {
    if (durationMs === undefined) return
    const timer = setTimeout(onTime, durationMs)
    return () => clearTimeout(timer)
  }, [durationMs])
  const usualMs = action === undefined ? SHOWN_MS : SHOWN_WITH_ACTION_MS
  const act = () => {
    remove(id)
    action?.run()
  }
  return (
    <Parts.Root
      className={classes(styles['toast'], styles[kind])}
      type={kind === 'problem' ? 'foreground' : 'background'}
      duration={durationMs === undefined ? usualMs : Number.POSITIVE_INFINITY}
      onOpenChange={(open) => !open && end()}
    >
      <Parts.Description className={styles['text']}>{text}</Parts.Description>
      {action !== undefined && (
        <Parts.Action asChild altText={action.label}>
          <Button size="small" className={styles['action']} onClick={act}>
            {action.label}
          </Button>
        </Parts.Action>
      )}
      <Parts.Close asChild>
        <IconButton size="small" label={t('close')}>
          <X size={16} aria-hidden="true" />
        </IconButton>
      </Parts.Close>
    </Parts.Root>
  )
}
