import { useId } from 'react'
import { useTranslation } from 'react-i18next'
import { AnimalFace } from '@/ui/AnimalFace'
import type { Animal, Colour } from '@/ui/animals'
import styles from './Family.module.css'
import type { Band } from './settings'

const BANDS: readonly { readonly band: Band; readonly animal: Animal; readonly colour: Colour }[] = [
  { band: '2-4', animal: 'duck', colour: 'yellow' },
  { band: '5-7', animal: 'fox', colour: 'green' },
  { band: '8-12', animal: 'owl', colour: 'blue' },
]

/** The three ages of Junior, each with what a child does there. */
export function BandChoice({ value, onChange }: { value: Band; onChange: (band: Band) => void }) {
  const { t } = useTranslation('family')
  const name = useId()
  return (
    <fieldset className={styles['plainSet']}>
      <legend className={styles['legend']}>{t('band.question')}</legend>
      <div className={styles['bands']}>
        {BANDS.map(({ band, animal, colour }) => (
          <label key={band} className={styles['bandCard']}>
            <input type="radio" name={name} checked={value === band} onChange={() => onChange(band)} />
            <AnimalFace animal={animal} colour={colour} size={5} />
            <span className={styles['bandName']}>{t(`band.${band}.name`)}</span>
            <span className={styles['soft']}>{t(`band.${band}.does`)}</span>
          </label>
        ))}
      </div>
    </fieldset>
  )
}
