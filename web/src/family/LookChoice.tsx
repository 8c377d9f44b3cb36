import { useId } from 'react'
import { useTranslation } from 'react-i18next'
import type { Settings } from '@/core/junior'
import type { ChoicesBody } from '@/core/wire'
import { AnimalFace } from '@/ui/AnimalFace'
import { GROUNDS } from '@/ui/animals'
import styles from './Family.module.css'
import { usePairName } from './usePairName'

type Look = Pick<Settings, 'animal' | 'colour'>

/** A colour and an animal: what a child has instead of a name. */
export function LookChoice({
  choices,
  value,
  problem,
  onChange,
}: {
  choices: Pick<ChoicesBody, 'animals' | 'colours'>
  value: Look
  problem?: string | undefined
  onChange: (look: Look) => void
}) {
  const { t } = useTranslation(['family', 'looks'])
  const pairName = usePairName()
  const name = useId()
  return (
    <div className={styles['look']}>
      <div className={styles['preview']}>
        <AnimalFace animal={value.animal} colour={value.colour} size={11} />
        <p className={styles['previewName']} aria-live="polite">
          {pairName(value)}
        </p>
        <p className={styles['problem']} role="alert">
          {problem}
        </p>
      </div>
      <div className={styles['stack']}>
        <fieldset className={styles['plainSet']}>
          <legend className={styles['legend']}>{t('look.colour')}</legend>
          <div className={styles['swatches']}>
            {choices.colours.map((colour) => (
              <label key={colour} className={styles['swatch']} title={t(`looks:colours.${colour}`)}>
                <input
                  type="radio"
                  name={`${name}-colour`}
                  checked={value.colour === colour}
                  onChange={() => onChange({ ...value, colour })}
                  aria-label={t(`looks:colours.${colour}`)}
                />
                <span style={{ background: GROUNDS[colour] }} />
              </label>
            ))}
          </div>
        </fieldset>
        <fieldset className={styles['plainSet']}>
          <legend className={styles['legend']}>{t('look.animal')}</legend>
          <div className={styles['animals']}>
            {choices.animals.map((animal) => (
              <label key={animal} className={styles['animal']} title={t(`looks:animals.${animal}`)}>
                <input
                  type="radio"
                  name={`${name}-animal`}
                  checked={value.animal === animal}
                  onChange={() => onChange({ ...value, animal })}
                  aria-label={t(`looks:animals.${animal}`)}
                />
                <AnimalFace animal={animal} colour={null} />
              </label>
            ))}
          </div>
        </fieldset>
      </div>
    </div>
  )
}
