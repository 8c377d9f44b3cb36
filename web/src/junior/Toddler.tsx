import { Volume2 } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import type { ChildView } from '@/core/wire'
import { AnimalFace } from '@/ui/AnimalFace'
import { Picture } from './Picture'
import { Taps } from './Taps'
import { TroubleNote } from './TroubleNote'
import type { ChildPage } from './useChild'
import type { ReplyReader } from './useReader'
import { Words } from './Words'

export interface TalkParts {
  readonly page: ChildPage
  readonly child: ChildView
  readonly reader: ReplyReader
}

/** 2 to 4: one large picture, its words read aloud, and a few large things to tap. There is nothing to write in. */
export function Toddler({ page, child, reader }: TalkParts) {
  const { t } = useTranslation('junior')
  const { reply } = page
  const pictures = reply?.pictures ?? []
  return (
    <div className="toddler">
      <div className="stage" data-many={pictures.length > 1 || undefined}>
        {pictures.map((picture, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: three apples are the same drawing three times
          <Picture key={`${reply?.turn_id}-${index}`} picture={picture} className="stagePicture" />
        ))}
        {pictures.length === 0 && (
          <div className="stageAnimal">
            <AnimalFace animal={child.animal} colour={child.colour} />
          </div>
        )}
      </div>
      <div className="caption" aria-live="polite" aria-busy={page.isBusy}>
        {reply !== null && (
          <Words key={reply.turn_id} text={reply.text} place={reader.place} className="captionWords" />
        )}
        {reply !== null && reader.canRead && (
          <button type="button" className="round" aria-label={t('readAgain')} onClick={reader.again}>
            <Volume2 size={40} aria-hidden="true" />
          </button>
        )}
      </div>
      <TroubleNote page={page} />
      <Taps page={page} />
    </div>
  )
}
