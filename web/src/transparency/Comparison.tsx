import { memo, useMemo, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Button } from '@/ui/Button'
import { classes } from '@/ui/classes'
import { Loading } from '@/ui/States'
import { type DiffLine, diffOf } from './line-diff'
import styles from './Transparency.module.css'
import { useRelease } from './useGovernance'
import { type Difference, differencesOf, type Manifest } from './wording'

/** What differs between two releases, field by field and line by line. */
export default function Comparison({ old, now }: { old: string | null; now: string }) {
  const { t } = useTranslation('transparency')
  const before = useRelease(old)
  const after = useRelease(now)
  if (before.isPending || after.isPending) return <Loading />
  if (!after.data || (old !== null && !before.data))
    return <p className={styles['caveat']}>{t('release.closed')}</p>
  return <Differences before={before.data ?? null} after={after.data} />
}

/** Fields shown at first, and lines of a field shown at first and at each further step: a page stays quick with many. */
const FIELDS = 20
const LINES = 200
const MORE_LINES = 1_000

/** What differs between two releases that are at hand; null for none before. Long ones come in parts. */
export function Differences({ before, after }: { before: Manifest | null; after: Manifest }) {
  const differences = useMemo(() => differencesOf(before, after), [before, after])
  return <DifferenceList differences={differences} />
}

/** Differences that are at hand already. */
export function DifferenceList({ differences }: { differences: readonly Difference[] }) {
  const { t } = useTranslation('transparency')
  const [shown, setShown] = useState(FIELDS)
  if (differences.length === 0) return <p className={styles['soft']}>{t('compare.same')}</p>
  const left = differences.length - shown
  return (
    <div className={styles['fields']}>
      {differences.slice(0, shown).map((difference) => (
        <Field key={difference.path} difference={difference} />
      ))}
      {left > 0 && (
        <div>
          <Button size="small" onClick={() => setShown(shown + FIELDS)}>
            {t('compare.moreFields', { count: left })}
          </Button>
        </div>
      )}
    </div>
  )
}

function Field({ difference: { path, before, after } }: { difference: Difference }) {
  const { t } = useTranslation('transparency')
  const { lines, isCompared } = useMemo(() => diffOf(before, after), [before, after])
  const [shown, setShown] = useState(LINES)
  const left = lines.length - shown
  const said = { added: t('compare.added'), removed: t('compare.removed'), same: '' }
  return (
    <figure className={styles['text']}>
      <figcaption>{path}</figcaption>
      {!isCompared && <p className={styles['soft']}>{t('compare.tooFar')}</p>}
      {/* biome-ignore lint/a11y/useSemanticElements: a fieldset is for forms */}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard */}
      <div className={styles['diff']} tabIndex={0} role="group" aria-label={t('compare.of', { path })}>
        {lines.slice(0, shown).map((line, at) => (
          // Lines never change places.
          // biome-ignore lint/suspicious/noArrayIndexKey: two may be alike
          <Line key={at} line={line} said={said[line.kind]} />
        ))}
      </div>
      {left > 0 && (
        <div>
          <Button size="small" onClick={() => setShown(shown + MORE_LINES)}>
            {t('compare.moreLines', { count: left })}
          </Button>
        </div>
      )}
    </figure>
  )
}

const SIGNS = { added: '+', removed: '−', same: '' } as const

/** One line; `said` is what a screen reader hears before it. */
const Line = memo(function Line({ line: { kind, text }, said }: { line: DiffLine; said: string }) {
  return (
    <div className={classes(styles['line'], kind !== 'same' && styles[kind])} dir="auto">
      <span aria-hidden="true">{SIGNS[kind]}</span>
      <span>
        {said !== '' && <span className="visually-hidden">{said} </span>}
        {text ?? '⋯'}
      </span>
    </div>
  )
})
