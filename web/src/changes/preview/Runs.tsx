import styles from './Preview.module.css'
import type { Run } from './word-diff'

/** A text with the words that the other one lacks marked; by lines through and under them, not by colour alone. */
export function Runs({ runs, kind }: { runs: readonly Run[]; kind: 'removed' | 'added' }) {
  const Mark = kind === 'removed' ? 'del' : 'ins'
  return runs.map(({ text, isMarked }, at) =>
    isMarked ? (
      // Words never change places.
      // biome-ignore lint/suspicious/noArrayIndexKey: two may be alike
      <Mark key={at} className={styles[kind]}>
        {text}
      </Mark>
    ) : (
      text
    ),
  )
}
