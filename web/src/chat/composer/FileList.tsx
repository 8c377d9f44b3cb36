import { RotateCcw, X } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { useStore } from 'zustand'
import { sizeText } from '@/core/sizes'
import type { Upload, Uploads } from '@/core/uploads'
import { IconButton } from '@/ui/Button'
import { classes } from '@/ui/classes'
import { useExplain } from '@/ui/errors'
import styles from './FileList.module.css'

/** The files of the message that is being written: how far they are, and what is wrong with them. */
export function FileList({ uploads }: { uploads: Uploads }) {
  const { t } = useTranslation('chat')
  const { all } = useStore(uploads.state)
  if (all.length === 0) return null
  return (
    <ul className={styles['files']} aria-label={t('files.name')}>
      {all.map((upload) => (
        <FileLine key={upload.key} upload={upload} uploads={uploads} />
      ))}
    </ul>
  )
}

function FileLine({ upload, uploads }: { upload: Upload; uploads: Uploads }) {
  const { t } = useTranslation('chat')
  const { key, name, error, taken, progress } = upload
  return (
    <li className={classes(styles['file'], error !== null && styles['failed'])}>
      <div className={styles['body']}>
        <span className={styles['name']} dir="auto">
          {name}
        </span>
        <FileState upload={upload} />
        {taken === null && error === null && (
          <progress
            className={styles['progress']}
            value={progress}
            aria-label={t('files.sending', { name })}
          />
        )}
      </div>
      {error !== null && (
        <IconButton size="small" label={t('files.again', { name })} onClick={() => uploads.again(key)}>
          <RotateCcw size={16} aria-hidden="true" />
        </IconButton>
      )}
      <IconButton size="small" label={t('files.remove', { name })} onClick={() => uploads.remove(key)}>
        <X size={16} aria-hidden="true" />
      </IconButton>
    </li>
  )
}

function FileState({ upload: { error, taken, notice, sizeBytes } }: { upload: Upload }) {
  const { t, i18n } = useTranslation('chat')
  const explain = useExplain()
  if (error !== null) {
    const { message, hint } = explain(error)
    return (
      <span className={styles['problem']} role="alert">
        {message} {hint}
      </span>
    )
  }
  const parts = [
    sizeText(sizeBytes, i18n.language),
    taken?.pages != null && taken.kind === 'pdf' && t('files.pages', { count: taken.pages }),
    notice?.message,
  ]
  return <span className={styles['state']}>{parts.filter(Boolean).join(' · ')}</span>
}
