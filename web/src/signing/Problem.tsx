import styles from './Signing.module.css'
import { useProblem } from './useProblem'

/** Why nothing was enrolled or signed, read out when it appears. */
export function Problem({ error }: { error: unknown }) {
  const { message, hint } = useProblem()(error)
  return (
    <div className={styles['problem']} role="alert">
      <p>{message}</p>
      {hint !== '' && <p className={styles['hint']}>{hint}</p>}
    </div>
  )
}
