import { Volume2 } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { AnimalFace } from '@/ui/AnimalFace'
import { Picture } from './Picture'
import { SayLine } from './SayLine'
import { Sources } from './Sources'
import { Taps } from './Taps'
import type { TalkParts } from './Toddler'
import { TroubleNote } from './TroubleNote'
import { Words } from './Words'

/** 5 to 7: an open book to read along in, pictures to tap, and a place to talk or write a few words. */
export function Builder({ page, child, reader }: TalkParts) {
  const { t } = useTranslation('junior')
  const { reply } = page
  const pictures = reply?.pictures ?? []
  return (
    <div className="builder">
      <div className="book">
        <div className="bookPicture">
          {pictures.length === 0 ? (
            <AnimalFace animal={child.animal} colour={child.colour} />
          ) : (
            pictures.map((picture, index) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: a drawing may be there twice
              <Picture key={`${reply?.turn_id}-${index}`} picture={picture} />
            ))
          )}
        </div>
        <section
          className="bookText"
          // biome-ignore lint/a11y/noNoninteractiveTabindex: whoever has no mouse scrolls it with the arrow keys
          tabIndex={0}
          aria-label={t('told')}
          aria-live="polite"
          aria-busy={page.isBusy}
        >
          {reply !== null && (
            <Words key={reply.turn_id} text={reply.text} place={reader.place} className="bookWords" />
          )}
          {reply !== null && <Sources sources={reply.sources} />}
          {reply !== null && reader.canRead && (
            <button type="button" className="wide" onClick={reader.again}>
              <Volume2 size={28} aria-hidden="true" /> {t('readToMe')}
            </button>
          )}
        </section>
      </div>
      <TroubleNote page={page} />
      <Taps page={page} />
      <SayLine isBusy={page.isBusy} label={t('say.young')} onSay={page.say} onTalk={reader.stop} />
    </div>
  )
}
