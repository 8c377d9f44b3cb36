import type { ReactNode } from 'react'
import { classes } from './classes'
import styles from './Table.module.css'

export interface Column<Row> {
  readonly key: string
  readonly head: string
  /** Numbers stand at the end of their column, in figures of one width. */
  readonly isNumber?: boolean
  /** The head is for screen readers only: a column of buttons needs no word. */
  readonly isHeadHidden?: boolean
  readonly cell: (row: Row) => ReactNode
}

/**
 * Rows of things with the same columns; the first cell names its row. On narrow screens each row becomes a block
 * of its own, in which every cell says what it is.
 */
export function Table<Row>({
  caption,
  columns,
  rows,
  keyOf,
}: {
  /** Read out before the table; the eye sees its heading. */
  caption: string
  columns: readonly Column<Row>[]
  rows: readonly Row[]
  keyOf: (row: Row) => string
}) {
  return (
    <table className={styles['table']}>
      <caption className="visually-hidden">{caption}</caption>
      <thead>
        <tr>
          {columns.map((column) => (
            <th key={column.key} scope="col" className={classes(column.isNumber && styles['number'])}>
              <span className={classes(column.isHeadHidden && 'visually-hidden')}>{column.head}</span>
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <tr key={keyOf(row)}>
            {columns.map((column, index) => (
              <Cell key={column.key} column={column} isFirst={index === 0}>
                {column.cell(row)}
              </Cell>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  )
}

function Cell<Row>({
  column,
  isFirst,
  children,
}: {
  column: Column<Row>
  isFirst: boolean
  children: ReactNode
}) {
  const className = classes(column.isNumber && styles['number'])
  const content = (
    <>
      {!isFirst && !column.isHeadHidden && (
        <span className={styles['label']} aria-hidden="true">
          {column.head}
        </span>
      )}
      {children}
    </>
  )
  return isFirst ? (
    <th scope="row" className={className}>
      {content}
    </th>
  ) : (
    <td className={className}>{content}</td>
  )
}
