import { type FormEvent, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { ApiError } from '@/core/api'
import { join } from '@/core/child'
import { AnimalFace } from '@/ui/AnimalFace'
import { type Animal, type Colour, FACES, GROUNDS } from '@/ui/animals'
import { Hills } from './Hills'

const COLOURS = Object.keys(GROUNDS) as Colour[]
const ANIMALS = Object.keys(FACES) as Animal[]

/** `/junior/join`: a child of a class opens its page with the code of the day, its colour and its animal. */
export function JoinPage() {
  const { t } = useTranslation(['junior', 'looks'])
  const [code, setCode] = useState('')
  const [colour, setColour] = useState<Colour>('blue')
  const [animal, setAnimal] = useState<Animal | null>(null)
  const [problem, setProblem] = useState('')
  const [isBusy, setBusy] = useState(false)
  const submit = async (event: FormEvent) => {
    event.preventDefault()
    if (isBusy) return
    if (code === '' || animal === null) return setProblem(t('join.missing'))
    setBusy(true)
    setProblem('')
    try {
      await join({ code, colour, animal })
      window.location.replace('/junior')
    } catch (error) {
      const status = error instanceof ApiError ? error.status : -1
      setProblem(t(status === 0 ? 'unreachable.words' : status === 429 ? 'trouble.busy' : 'join.wrong'))
      setBusy(false)
    }
  }
  return (
    <main className="scene">
      <Hills />
      <form className="card joinCard" onSubmit={(event) => void submit(event)}>
        <h1>{t('join.title')}</h1>
        <label className="joinCode">
          {t('join.code')}
          <input
            className="secret"
            value={code}
            autoComplete="off"
            inputMode="numeric"
            maxLength={20}
            onChange={({ target }) => setCode(target.value.replaceAll(/\D/g, ''))}
          />
        </label>
        <fieldset className="joinSet">
          <legend>{t('join.colour')}</legend>
          {COLOURS.map((one) => (
            <label key={one} className="joinOption">
              <input
                type="radio"
                name="colour"
                checked={one === colour}
                aria-label={t(`looks:colours.${one}`)}
                onChange={() => setColour(one)}
              />
              <span className="joinSwatch" style={{ background: GROUNDS[one] }} />
            </label>
          ))}
        </fieldset>
        <fieldset className="joinSet">
          <legend>{t('join.animal')}</legend>
          {ANIMALS.map((one) => (
            <label key={one} className="joinOption">
              <input
                type="radio"
                name="animal"
                checked={one === animal}
                aria-label={t(`looks:animals.${one}`)}
                onChange={() => setAnimal(one)}
              />
              <AnimalFace animal={one} colour={colour} />
            </label>
          ))}
        </fieldset>
        <p className="problem" role="alert">
          {problem}
        </p>
        <button type="submit" className="wide primary" aria-disabled={isBusy}>
          {t('join.open')}
        </button>
      </form>
    </main>
  )
}
