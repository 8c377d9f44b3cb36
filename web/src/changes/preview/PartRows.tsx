import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import type { PromptPart } from '@/core/wire'
import { classes } from '@/ui/classes'
import styles from './Preview.module.css'
import { type Row, type Stretch, stretchesOf } from './part-rows'
import { Runs } from './Runs'
import type { Side } from './replies'
import { wordDiff } from './word-diff'

/** Parts of two prompts, row by row: before and after stand beside each other where they differ. */
export function PartRows({ rows }: { rows: readonly Row[] }) {
  return (
    <div className={classes(styles['rows'], styles['wide'])}>
      {stretchesOf(rows).map((stretch, at) => (
        // Stretches never change places.
        // biome-ignore lint/suspicious/noArrayIndexKey: they have no other name
        <StretchRows key={at} stretch={stretch} />
      ))}
    </div>
  )
}

function StretchRows({ stretch: { isFolded, rows } }: { stretch: Stretch }) {
  const { t } = useTranslation('changes')
  if (!isFolded) return <RowList rows={rows} />
  return (
    <details className={styles['fold']}>
      <summary>{t('preview.prompts.folded', { count: rows.length })}</summary>
      <RowList rows={rows} />
    </details>
  )
}

function RowList({ rows }: { rows: readonly Row[] }) {
  return (
    <ol className={styles['rows']}>
      {rows.map((row, at) => (
        // Parts never change places: a prompt is in order.
        // biome-ignore lint/suspicious/noArrayIndexKey: two may be alike
        <li key={at} className={styles['row']} data-row={row.kind}>
          <RowBody row={row} />
        </li>
      ))}
    </ol>
  )
}

function RowBody({ row: { kind, before, after } }: { row: Row }) {
  if (kind === 'same' && after !== null) return <Part part={after} />
  const diff = wordDiff(before?.text ?? '', after?.text ?? '')
  return (
    <div className={styles['sides']}>
      {before !== null && (
        <Part part={before} side="base">
          <Runs runs={diff.before} kind="removed" />
        </Part>
      )}
      {after !== null && (
        <Part part={after} side="candidate">
          <Runs runs={diff.after} kind="added" />
        </Part>
      )}
    </div>
  )
}

/** One part under its author and role; `children` stand for its text where words in it are marked. */
function Part({
  part: { by, role, text },
  side,
  children,
}: {
  part: PromptPart
  /** Which prompt it stands in; undefined for both. */
  side?: Side
  children?: ReactNode
}) {
  const { t } = useTranslation('changes')
  return (
    <div
      className={classes(styles['part'], by === 'release' && styles['ours'])}
      data-by={by}
      data-side={side}
    >
      <p className={styles['author']}>
        {side !== undefined && (
          <span className={styles['label']}>{t(side === 'base' ? 'preview.before' : 'preview.after')}</span>
        )}
        <strong>{t(`preview.by.${by}`)}</strong> <span>{t(`preview.role.${role}`)}</span>
      </p>
      <pre dir="auto">{children ?? text}</pre>
    </div>
  )
}
