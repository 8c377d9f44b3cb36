import { useEffect, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { ChildView } from '@/core/wire'
import { Bar } from './Bar'
import { Builder } from './Builder'
import { Closed, Ended, Left, Unreachable } from './Closed'
import { type Look, readLook, writeLook } from './remembered'
import { Scholar } from './Scholar'
import { Start } from './Start'
import { Toddler } from './Toddler'
import { type ChildPage, useChild } from './useChild'
import { useReader } from './useReader'

/** `/junior`: the page of a child, full screen. */
export function JuniorApp() {
  const page = useChild()
  const [look, setLook] = useState(readLook)
  const { screen } = page
  const child = 'child' in screen ? screen.child : null
  useLook(look, child)
  const change = (next: Look) => {
    writeLook(next)
    setLook(next)
  }
  switch (screen.name) {
    case 'loading':
      return <main className="scene" aria-busy="true" />
    case 'unreachable':
      return <Unreachable opensMs={screen.opensMs} onRetry={page.retry} />
    case 'ended':
      return <Ended />
    case 'left':
      return <Left />
    case 'closed':
      return (
        <>
          <Bar child={screen.child} look={look} onLook={change} onLeft={page.left} />
          <Closed child={screen.child} />
        </>
      )
    case 'start':
      return (
        <>
          <Bar child={screen.child} look={look} onLook={change} onLeft={page.left} />
          <Start child={screen.child} onStart={page.start} />
        </>
      )
    case 'talk':
      return <Talk page={page} child={screen.child} look={look} onLook={change} />
    default:
      return screen satisfies never
  }
}

/** A talk, laid out for the age of the child: three pages that have nothing in common but their frame. */
function Talk({
  page,
  child,
  look,
  onLook,
}: {
  page: ChildPage
  child: ChildView
  look: Look
  onLook: (look: Look) => void
}) {
  const { t } = useTranslation('junior')
  const reader = useReader(page.reply, child.band, look)
  const parts = { page, child, reader }
  return (
    <>
      <Bar
        child={child}
        look={look}
        onLook={onLook}
        onLeft={page.left}
        sound={reader.canRead ? { isOn: reader.isOn } : null}
      />
      <main className="talk" data-band={child.band}>
        <h1 className="hidden">{t('title')}</h1>
        {child.band === '2-4' && <Toddler {...parts} />}
        {child.band === '5-7' && <Builder {...parts} />}
        {child.band === '8-12' && <Scholar {...parts} />}
      </main>
    </>
  )
}

/** Puts the look on the whole page. */
function useLook(look: Look, child: ChildView | null): void {
  useEffect(() => {
    const { dataset } = document.documentElement
    dataset['type'] = look.isEasyType ? 'easy' : 'usual'
    dataset['contrast'] = look.isHighContrast ? 'more' : 'usual'
    dataset['colour'] = child?.colour ?? 'blue'
    dataset['night'] = child?.standing.name === 'bedtime' ? 'yes' : 'no'
    dataset['band'] = child?.band ?? ''
  }, [look, child])
}
