import { diffLines } from 'diff'
import { useTranslation } from 'react-i18next'
import type { Release } from '@/proof/prompt/release'
import { classes } from '@/ui/classes'
import { Loading } from '@/ui/States'
import styles from './Transparency.module.css'
import { useRelease } from './useGovernance'
import { type Difference, differencesOf } from './wording'

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

/** What differs between two releases that are at hand; null for none before. */
export function Differences({ before, after }: { before: Release | null; after: Release }) {
  const { t } = useTranslation('transparency')
  const differences = differencesOf(before, after)
  if (differences.length === 0) return <p className={styles['soft']}>{t('compare.same')}</p>
  return (
    <div className={styles['fields']}>
      {differences.map((difference) => (
        <Field key={difference.path} difference={difference} />
      ))}
    </div>
  )
}

const CONTEXT = 3

function Field({ difference: { path, before, after } }: { difference: Difference }) {
  const { t } = useTranslation('transparency')
  const lines = diffLines(before ?? '', after ?? '').flatMap(({ value, added, removed }, at, all) =>
    cut(value.replace(/\n$/, '').split('\n'), added || removed, at === 0, at === all.length - 1).map(
      (text) => ({
        text,
        kind: added ? ('added' as const) : removed ? ('removed' as const) : ('same' as const),
      }),
    ),
  )
  return (
    <figure className={styles['text']}>
      <figcaption>{path}</figcaption>
      {/* biome-ignore lint/a11y/useSemanticElements: a fieldset is for forms */}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard */}
      <div className={styles['diff']} tabIndex={0} role="group" aria-label={t('compare.of', { path })}>
        {lines.map(({ text, kind }, at) => (
          // Lines never change places.
          // biome-ignore lint/suspicious/noArrayIndexKey: two may be alike
          <div key={at} className={classes(styles['line'], kind !== 'same' && styles[kind])} dir="auto">
            <span aria-hidden="true">{{ added: '+', removed: '−', same: '' }[kind]}</span>
            <span>
              {kind !== 'same' && <span className="visually-hidden">{t(`compare.${kind}`)} </span>}
              {text ?? '⋯'}
            </span>
          </div>
        ))}
      </div>
    </figure>
  )
}

/** Of a long stretch that stayed only the lines next to a difference are shown; null stands for the rest. */
function cut(lines: string[], isChanged: boolean, isFirst: boolean, isLast: boolean): (string | null)[] {
  const head = isFirst ? 0 : CONTEXT
  const tail = isLast ? 0 : CONTEXT
  if (isChanged || lines.length <= head + tail + 1) return lines
  return [...lines.slice(0, head), null, ...(tail > 0 ? lines.slice(-tail) : [])]
}
