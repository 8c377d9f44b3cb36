import { Download } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { saveFile } from '@/core/files'
import { fingerprintFile, groupsOf } from '@/core/site'
import type { SiteBody } from '@/core/wire'
import { Button } from './Button'
import { CopyButton } from './Copy'
import styles from './Fingerprint.module.css'

/** The fingerprint of this installation, to compare by eye, to copy and to keep. */
export function Fingerprint({ site }: { site: SiteBody }) {
  const { t } = useTranslation()
  const save = () => {
    const text = fingerprintFile(site, window.location.origin, Date.now())
    saveFile(`verax-fingerprint-${site.name}.txt`, new Blob([text], { type: 'text/plain' }))
  }
  return (
    <div className={styles['box']}>
      <code className={styles['number']}>
        {groupsOf(site.fingerprint).map((group, index) => (
          // The groups never change places.
          // biome-ignore lint/suspicious/noArrayIndexKey: two groups may be alike
          <span key={index}>{group}</span>
        ))}
      </code>
      <div className={styles['actions']}>
        <CopyButton text={site.fingerprint} isIcon={false} />
        <Button size="small" onClick={save}>
          <Download size={16} aria-hidden="true" /> {t('download')}
        </Button>
      </div>
    </div>
  )
}
