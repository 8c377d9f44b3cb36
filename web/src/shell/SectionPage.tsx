import type { ComponentType } from 'react'
import { Link, Redirect, useParams } from 'wouter'
import { Page } from './Page'
import styles from './SectionPage.module.css'

export interface PageSection {
  /** The last part of its address; the first section has the address of the page. */
  readonly id: string
  readonly content: ComponentType
}

/** A page of sections, each with an address of its own, and the links between them. */
export function SectionPage({
  title,
  path,
  sections,
  nameOf,
}: {
  title: string
  path: string
  sections: readonly [PageSection, ...PageSection[]]
  nameOf: (id: string) => string
}) {
  const first = sections[0].id
  const { section = first } = useParams()
  const shown = sections.find(({ id }) => id === section)
  if (shown === undefined) return <Redirect to={path} replace />
  return (
    <Page title={nameOf(shown.id)} partOf={title} width="wide">
      <div className={styles['page']}>
        <nav aria-label={title}>
          <ul className={styles['sections']}>
            {sections.map(({ id }) => (
              <li key={id}>
                <Link
                  href={id === first ? path : `${path}/${id}`}
                  className={styles['link']}
                  aria-current={id === shown.id ? 'page' : undefined}
                >
                  {nameOf(id)}
                </Link>
              </li>
            ))}
          </ul>
        </nav>
        <div className={styles['content']}>
          <shown.content />
        </div>
      </div>
    </Page>
  )
}
