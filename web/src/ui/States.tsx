import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { ApiError } from '@/core/api'
import { Button } from './Button'
import styles from './States.module.css'

/** A place that has nothing to show yet; `action` is the next step. */
export function EmptyState({
  title,
  children,
  action,
}: {
  title: string
  children?: ReactNode
  action?: ReactNode
}) {
  return (
    <div className={styles['state']}>
      <h2 className={styles['title']}>{title}</h2>
      {children !== undefined && <div className={styles['body']}>{children}</div>}
      {action}
    </div>
  )
}

/** Something failed: what, in the server's own words, and what to do about it. */
export function ErrorState({ error, onRetry }: { error: unknown; onRetry?: (() => void) | undefined }) {
  const { t } = useTranslation()
  const known = error instanceof ApiError ? error : null
  const isUnreachable = known?.code === 'network/unreachable'
  return (
    <div className={styles['state']} role="alert">
      <h2 className={styles['title']}>{t('failed.title')}</h2>
      <div className={styles['body']}>
        <p>{isUnreachable ? t('failed.unreachable') : (known?.message ?? String(error))}</p>
        {known !== null && known.hint !== '' && !isUnreachable && <p>{known.hint}</p>}
      </div>
      {onRetry !== undefined && <Button onClick={onRetry}>{t('retry')}</Button>}
    </div>
  )
}

/** Says that something is on its way; it appears only when that takes a moment. */
export function Loading({ label }: { label?: string }) {
  const { t } = useTranslation()
  return (
    <div className={styles['loading']} role="status">
      <span className={styles['dots']} aria-hidden="true" />
      <span className="visually-hidden">{label ?? t('loading')}</span>
    </div>
  )
}
