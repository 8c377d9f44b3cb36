import { Check, Copy as CopyIcon } from 'lucide-react'
import { useEffect, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Button, IconButton } from './Button'
import styles from './Copy.module.css'

const SHOWN_MS = 1600

/** Copies `text`; says so for a moment, to eyes and to ears. */
export function CopyButton({
  text,
  label,
  isIcon = true,
}: {
  text: string
  label?: string
  isIcon?: boolean
}) {
  const { t } = useTranslation()
  const [isCopied, setCopied] = useState(false)
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined)
  useEffect(() => () => clearTimeout(timer.current), [])
  const copy = async () => {
    await copyText(text)
    setCopied(true)
    clearTimeout(timer.current)
    timer.current = setTimeout(() => setCopied(false), SHOWN_MS)
  }
  const name = label ?? t('copy')
  const icon = isCopied ? <Check size={16} aria-hidden="true" /> : <CopyIcon size={16} aria-hidden="true" />
  return (
    <>
      {isIcon ? (
        <IconButton size="small" label={isCopied ? t('copied') : name} onClick={copy}>
          {icon}
        </IconButton>
      ) : (
        <Button size="small" onClick={copy}>
          {icon} {isCopied ? t('copied') : name}
        </Button>
      )}
      <span className="visually-hidden" aria-live="polite">
        {isCopied ? t('copied') : ''}
      </span>
    </>
  )
}

/** A digest or id: shortened to the eye, whole to the clipboard and to the mouse. */
export function Digest({ value, length = 12 }: { value: string; length?: number }) {
  return (
    <span className={styles['digest']}>
      <code title={value}>{value.length > length ? `${value.slice(0, length)}…` : value}</code>
      <CopyButton text={value} />
    </span>
  )
}

/** Puts text on the clipboard; pages over plain http have no clipboard and use a selection. */
export async function copyText(text: string): Promise<void> {
  if (navigator.clipboard !== undefined) {
    await navigator.clipboard.writeText(text)
    return
  }
  const area = document.createElement('textarea')
  area.value = text
  area.className = 'visually-hidden'
  document.body.append(area)
  area.select()
  document.execCommand('copy')
  area.remove()
}
