import { CaseSensitive, DoorOpen, Volume2, VolumeX } from 'lucide-react'
import { useRef } from 'react'
import { useTranslation } from 'react-i18next'
import type { ChildView } from '@/core/wire'
import { LookDialog } from './LookDialog'
import { isReadAloud, type Look } from './remembered'
import { TimeLeft } from './TimeLeft'
import { WayOut } from './WayOut'

/** The edge of the page: time left, sound, letters, and the way out for grown-ups. */
export function Bar({
  child,
  look,
  onLook,
  onLeft,
  sound = null,
}: {
  child: ChildView
  look: Look
  onLook: (look: Look) => void
  onLeft: () => void
  /** Null: this device has no voice, or there is nothing to read. */
  sound?: { isOn: boolean } | null
}) {
  const { t } = useTranslation('junior')
  const letters = useRef<HTMLDialogElement>(null)
  const out = useRef<HTMLDialogElement>(null)
  return (
    <header className="bar">
      <TimeLeft child={child} />
      {child.is_log_kept && <p className="logNote">{t('logIsKept')}</p>}
      <span className="grow" />
      {sound !== null && (
        <button
          type="button"
          className="barButton"
          aria-pressed={sound.isOn}
          aria-label={t('sound')}
          onClick={() => onLook({ ...look, isMuted: isReadAloud(look, child.band) })}
        >
          {sound.isOn ? <Volume2 size={30} aria-hidden="true" /> : <VolumeX size={30} aria-hidden="true" />}
        </button>
      )}
      <button
        type="button"
        className="barButton"
        aria-label={t('look.title')}
        onClick={() => letters.current?.showModal()}
      >
        <CaseSensitive size={34} aria-hidden="true" />
      </button>
      <button type="button" className="barButton grownUps" onClick={() => out.current?.showModal()}>
        <DoorOpen size={24} aria-hidden="true" /> {t('out.open')}
      </button>
      <LookDialog ref={letters} look={look} onLook={onLook} />
      <WayOut ref={out} onLeft={onLeft} />
    </header>
  )
}
