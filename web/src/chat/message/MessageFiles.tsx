import { FileText } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { sizeText } from '@/core/sizes'
import type { AttachmentRef } from '@/core/wire'
import styles from './MessageFiles.module.css'

/** The files of a message; each opens as it was sent. */
export function MessageFiles({ files }: { files: readonly AttachmentRef[] }) {
  const { t } = useTranslation('chat')
  if (files.length === 0) return null
  return (
    <ul className={styles['files']} aria-label={t('files.name')}>
      {files.map((file) => (
        <li key={file.id}>
          <a
            className={styles['file']}
            href={`/v1/attachments/${encodeURIComponent(file.id)}`}
            download={file.name}
          >
            {file.kind === 'image' ? (
              <img
                className={styles['picture']}
                src={`/v1/attachments/${encodeURIComponent(file.id)}`}
                alt=""
                loading="lazy"
              />
            ) : (
              <FileText size={18} aria-hidden="true" />
            )}
            <FileName file={file} />
          </a>
        </li>
      ))}
    </ul>
  )
}

function FileName({ file }: { file: AttachmentRef }) {
  const { t, i18n } = useTranslation('chat')
  const parts = [
    sizeText(file.size_bytes, i18n.language),
    file.kind === 'pdf' && file.pages !== null && t('files.pages', { count: file.pages }),
  ]
  return (
    <span className={styles['about']}>
      <span className={styles['name']} dir="auto">
        {file.name}
      </span>
      <span className={styles['state']}>{parts.filter(Boolean).join(' · ')}</span>
    </span>
  )
}
