import { ExternalLink } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { useStore } from 'zustand'
import { Button } from '@/ui/Button'
import { CopyButton } from '@/ui/Copy'
import { Dialog } from '@/ui/Dialog'
import styles from './LeavingDialog.module.css'
import { leaving, otherSiteIn } from './links'

/** Asks before a link of an answer is followed; shows the whole address. Stands once in the page. */
export function LeavingDialog() {
  const { t } = useTranslation('chat')
  const { link } = useStore(leaving)
  const close = () => leaving.setState({ link: null })
  const open = () => {
    if (link !== null) window.open(link.url.href, '_blank', 'noopener,noreferrer')
    close()
  }
  const other = link === null ? null : otherSiteIn(link.text, link.url)
  return (
    <Dialog
      isOpen={link !== null}
      onClose={close}
      title={t('leaving.title')}
      description={t('leaving.body')}
      actions={
        <>
          <Button onClick={close}>{t('cancel', { ns: 'common' })}</Button>
          <Button kind="primary" onClick={open}>
            <ExternalLink size={16} aria-hidden="true" /> {t('leaving.open')}
          </Button>
        </>
      }
    >
      {link !== null && (
        <>
          <p className={styles['address']} dir="ltr">
            <Address url={link.url} />
            <CopyButton text={link.url.href} label={t('leaving.copy')} />
          </p>
          {other !== null && (
            <p className={styles['warning']} role="alert">
              {t('leaving.otherSite', { named: other, actual: link.url.hostname })}
            </p>
          )}
        </>
      )}
    </Dialog>
  )
}

/** The address with the site, which is what counts, set apart from the rest. */
function Address({ url }: { url: URL }) {
  const isMail = url.protocol === 'mailto:'
  const rest = (isMail ? '' : url.pathname) + url.search + url.hash
  const end = url.href.length - rest.length
  const host = isMail ? url.pathname : url.host
  return (
    <span>
      <span className={styles['rest']}>{url.href.slice(0, end - host.length)}</span>
      <strong>{url.href.slice(end - host.length, end)}</strong>
      <span className={styles['rest']}>{rest}</span>
    </span>
  )
}
