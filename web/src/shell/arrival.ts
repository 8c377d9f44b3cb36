/**
 * Arriving on a page: the window takes its title, a screen reader hears it, and the keyboard stands at its top.
 *
 * * The page on which the app was opened keeps the focus where the browser put it.
 * * A page that took the focus itself (a form, the composer) keeps it.
 */

import { type RefObject, useEffect, useRef } from 'react'
import { useTranslation } from 'react-i18next'
import { useLocation } from 'wouter'
import { announce } from '@/ui/Announcer'

let lastPath: string | null = null

/** For tests: forgets that a page was open. */
export function forgetArrivals(): void {
  lastPath = null
}

export function useArrival(
  title: string | null,
  partOf: string | undefined,
  heading: RefObject<HTMLElement | null>,
): void {
  const { t } = useTranslation()
  const [path] = useLocation()
  const settled = useRef('')
  const appName = t('appName')

  useEffect(() => {
    if (title !== null) document.title = [title, partOf, appName].filter(Boolean).join(' · ')
  }, [title, partOf, appName])

  useEffect(() => {
    if (title === null || settled.current === path) return
    settled.current = path
    const isFirst = lastPath === null
    const isSame = lastPath === path
    lastPath = path
    if (isFirst || isSame) return
    announce(title || appName)
    // A menu that led here gives the focus back to its button first.
    let timer: ReturnType<typeof setTimeout> | undefined
    const frame = requestAnimationFrame(() => {
      timer = setTimeout(() => {
        const main = document.getElementById('main')
        if (main?.contains(document.activeElement) || isDialogOpen()) return
        heading.current?.focus({ preventScroll: true })
        main?.scrollTo({ top: 0 })
      })
    })
    return () => {
      cancelAnimationFrame(frame)
      clearTimeout(timer)
    }
  }, [title, appName, path, heading])
}

function isDialogOpen(): boolean {
  return document.querySelector('[role="dialog"], [role="alertdialog"]') !== null
}
