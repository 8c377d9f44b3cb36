import { Volume2 } from 'lucide-react'
import { useEffect, useRef } from 'react'
import { useTranslation } from 'react-i18next'
import { AnimalFace } from '@/ui/AnimalFace'
import { Picture } from './Picture'
import { SayLine } from './SayLine'
import { Sources } from './Sources'
import { Taps } from './Taps'
import type { TalkParts } from './Toddler'
import { TroubleNote } from './TroubleNote'
import { Words } from './Words'

/** 8 to 12: a talk in writing, with sources as text, hints to tap, and room for a task. */
export function Scholar({ page, child, reader }: TalkParts) {
  const { t } = useTranslation('junior')
  const { reply, lines } = page
  const end = useRef<HTMLDivElement>(null)
  const isCalm = () => window.matchMedia('(prefers-reduced-motion: reduce)').matches
  // biome-ignore lint/correctness/useExhaustiveDependencies: each new line is scrolled to
  useEffect(() => {
    end.current?.scrollIntoView({ block: 'end', behavior: isCalm() ? 'auto' : 'smooth' })
  }, [lines.length])
  return (
    <div className="scholar">
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: whoever has no mouse scrolls it with the arrow keys */}
      <div className="lines" role="log" aria-label={t('lines')} aria-busy={page.isBusy} tabIndex={0}>
        <div className="hero">
          <AnimalFace animal={child.animal} colour={child.colour} />
        </div>
        {lines.map((line) =>
          line.by === 'child' ? (
            <p key={line.id} className="own" dir="auto">
              <span className="hidden">{t('youSaid')} </span>
              {line.text}
            </p>
          ) : (
            <div key={line.id} className="told" data-kind={line.reply.kind}>
              <span className="toldFace">
                <AnimalFace animal={child.animal} colour={child.colour} />
              </span>
              <div className="toldBody">
                <span className="hidden">{t('juniorSaid')} </span>
                <Words
                  text={line.reply.text}
                  place={line.reply === reply ? reader.place : null}
                  className="toldWords"
                />
                {line.reply.pictures.length > 0 && (
                  <div className="toldPictures">
                    {line.reply.pictures.map((picture, index) => (
                      // biome-ignore lint/suspicious/noArrayIndexKey: a drawing may be there twice
                      <Picture key={`${line.id}-${index}`} picture={picture} className="toldPicture" />
                    ))}
                  </div>
                )}
                <Sources sources={line.reply.sources} />
                {line.reply === reply && reader.canRead && (
                  <button type="button" className="wide" onClick={reader.again}>
                    <Volume2 size={24} aria-hidden="true" /> {t('readToMe')}
                  </button>
                )}
              </div>
            </div>
          ),
        )}
        <div ref={end} />
      </div>
      <TroubleNote page={page} />
      <Taps page={page} />
      <SayLine isBusy={page.isBusy} isLong label={t('say.old')} onSay={page.say} onTalk={reader.stop} />
    </div>
  )
}
