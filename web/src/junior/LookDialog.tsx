import { Check } from 'lucide-react'
import type { RefObject } from 'react'
import { useTranslation } from 'react-i18next'
import type { Look } from './remembered'

/** How letters look: wider and calmer for those who find reading hard, and with more contrast. */
export function LookDialog({
  ref,
  look,
  onLook,
}: {
  ref: RefObject<HTMLDialogElement | null>
  look: Look
  onLook: (look: Look) => void
}) {
  const { t } = useTranslation('junior')
  return (
    <dialog ref={ref} className="dialog" aria-labelledby="look-title">
      <h2 id="look-title">{t('look.title')}</h2>
      <Switch
        label={t('look.easy')}
        isOn={look.isEasyType}
        onChange={(isEasyType) => onLook({ ...look, isEasyType })}
      />
      <Switch
        label={t('look.contrast')}
        isOn={look.isHighContrast}
        onChange={(isHighContrast) => onLook({ ...look, isHighContrast })}
      />
      {document.fullscreenEnabled && (
        <button type="button" className="wide" onClick={() => void toggleFullScreen()}>
          {t('look.full')}
        </button>
      )}
      <button type="button" className="wide primary" onClick={() => ref.current?.close()}>
        {t('done')}
      </button>
    </dialog>
  )
}

function Switch({
  label,
  isOn,
  onChange,
}: {
  label: string
  isOn: boolean
  onChange: (isOn: boolean) => void
}) {
  return (
    <button
      type="button"
      role="switch"
      aria-checked={isOn}
      className="switch"
      onClick={() => onChange(!isOn)}
    >
      <span className="switchBox" aria-hidden="true">
        {isOn && <Check size={28} />}
      </span>
      {label}
    </button>
  )
}

async function toggleFullScreen(): Promise<void> {
  if (document.fullscreenElement === null) await document.documentElement.requestFullscreen()
  else await document.exitFullscreen()
}
