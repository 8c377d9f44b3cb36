import { Delete } from 'lucide-react'
import { type FormEvent, type RefObject, useId, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { ApiError } from '@/core/api'
import { leave } from '@/core/child'

const DIGITS = ['1', '2', '3', '4', '5', '6', '7', '8', '9'] as const
const LONGEST_PIN = 12

/** The way out for a grown-up: the PIN on large keys, or the password of the account. */
export function WayOut({ ref, onLeft }: { ref: RefObject<HTMLDialogElement | null>; onLeft: () => void }) {
  const { t } = useTranslation('junior')
  const id = useId()
  const [isPassword, setPassword] = useState(false)
  const [secret, setSecret] = useState('')
  const [problem, setProblem] = useState('')
  const [isBusy, setBusy] = useState(false)
  const clear = () => {
    setSecret('')
    setProblem('')
    setPassword(false)
  }
  const submit = async (event: FormEvent) => {
    event.preventDefault()
    if (secret === '' || isBusy) return
    setBusy(true)
    setProblem('')
    try {
      await leave(isPassword ? { password: secret } : { pin: secret })
      ref.current?.close()
      onLeft()
    } catch (error) {
      setProblem(t(problemOf(error, isPassword), { count: waitOf(error) }))
      setSecret('')
    } finally {
      setBusy(false)
    }
  }
  const press = (digit: string) => setSecret((now) => (now + digit).slice(0, LONGEST_PIN))
  return (
    <dialog ref={ref} className="dialog" aria-labelledby={`${id}-title`} onClose={clear}>
      <form className="wayOut" onSubmit={(event) => void submit(event)}>
        <h2 id={`${id}-title`}>{t('out.title')}</h2>
        <label htmlFor={`${id}-secret`}>{t(isPassword ? 'out.password' : 'out.pin')}</label>
        <input
          id={`${id}-secret`}
          className="secret"
          type="password"
          value={secret}
          autoComplete="off"
          // The keys below are for fingers; what a keyboard types counts as well.
          inputMode={isPassword ? 'text' : 'none'}
          aria-describedby={`${id}-problem`}
          onChange={({ target }) =>
            setSecret(isPassword ? target.value : target.value.replaceAll(/\D/g, '').slice(0, LONGEST_PIN))
          }
        />
        <p id={`${id}-problem`} className="problem" role="alert">
          {problem}
        </p>
        {!isPassword && (
          <div className="pad">
            {DIGITS.map((digit) => (
              <button key={digit} type="button" onClick={() => press(digit)}>
                {digit}
              </button>
            ))}
            <button
              type="button"
              aria-label={t('out.delete')}
              onClick={() => setSecret((now) => now.slice(0, -1))}
            >
              <Delete size={30} aria-hidden="true" />
            </button>
            <button type="button" onClick={() => press('0')}>
              0
            </button>
            <button type="submit" className="primary" aria-disabled={isBusy || secret === ''}>
              {t('out.ok')}
            </button>
          </div>
        )}
        {isPassword && (
          <button type="submit" className="wide primary" aria-disabled={isBusy || secret === ''}>
            {t('out.leave')}
          </button>
        )}
        <div className="row">
          <button
            type="button"
            className="wide"
            onClick={() => {
              setPassword(!isPassword)
              setSecret('')
              setProblem('')
            }}
          >
            {t(isPassword ? 'out.usePin' : 'out.usePassword')}
          </button>
          <button type="button" className="wide" onClick={() => ref.current?.close()}>
            {t('out.stay')}
          </button>
        </div>
      </form>
    </dialog>
  )
}

function problemOf(error: unknown, isPassword: boolean) {
  if (!(error instanceof ApiError)) return 'out.problem.failed'
  if (error.status === 0) return 'out.problem.unreachable'
  if (error.status === 429) return 'out.problem.wait'
  if (
    error.code === 'access/pin' ||
    error.code === 'access/password' ||
    error.status === 422 ||
    error.status === 400
  )
    return isPassword ? 'out.problem.password' : 'out.problem.pin'
  return 'out.problem.failed'
}

/** Minutes to wait, at least one. */
function waitOf(error: unknown): number {
  return error instanceof ApiError ? Math.max(1, Math.ceil((error.retryAfterS ?? 0) / 60)) : 1
}
