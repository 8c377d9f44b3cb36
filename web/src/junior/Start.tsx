import { NotebookPen, Play } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import type { ChildView } from '@/core/wire'
import { AnimalFace } from '@/ui/AnimalFace'
import { Hills } from './Hills'

/** The beginning: says what Junior is, whether a log is kept, and waits for a tap, without which no voice may speak. */
export function Start({ child, onStart }: { child: ChildView; onStart: () => void }) {
  const { t } = useTranslation(['junior', 'looks'])
  const name = t('looks:bare', {
    colour: t(`looks:colours.${child.colour}`).toLowerCase(),
    animal: t(`looks:animals.${child.animal}`).toLowerCase(),
  })
  return (
    <main className="scene">
      <Hills />
      <div className="startCard">
        <div className="startFace">
          <AnimalFace animal={child.animal} colour={child.colour} />
        </div>
        <h1>{t('start.hello', { name })}</h1>
        <button type="button" className="startButton" onClick={onStart}>
          <Play size={56} aria-hidden="true" />
          <span>{t('start.begin')}</span>
        </button>
        <p className="startNote">{t('start.program')}</p>
        {child.is_log_kept && (
          <p className="startNote">
            <NotebookPen className="noteSign" size={22} aria-hidden="true" /> {t('start.log')}
          </p>
        )}
      </div>
    </main>
  )
}
