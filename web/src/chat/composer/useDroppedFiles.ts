import { useEffect, useRef, useState } from 'react'
import { filesOf, holdsFiles } from './files'

/** Takes files that are dropped anywhere on the page; says whether some are held over it now. */
export function useDroppedFiles(onFiles: (files: readonly File[]) => void): boolean {
  const [isOver, setOver] = useState(false)
  const latest = useRef(onFiles)
  useEffect(() => {
    latest.current = onFiles
  })
  useEffect(() => {
    // Entering a child leaves its parent: only the difference says whether the page was left.
    let inside = 0
    const listeners: Readonly<Record<string, (event: DragEvent) => void>> = {
      dragenter: () => {
        inside++
        setOver(true)
      },
      dragleave: () => {
        inside--
        setOver(inside > 0)
      },
      // Without this the browser would leave the page for the file.
      dragover: (event) => event.preventDefault(),
      drop: (event) => {
        event.preventDefault()
        inside = 0
        setOver(false)
        latest.current(filesOf(event.dataTransfer))
      },
    }
    const hear = (event: DragEvent) => {
      if (holdsFiles(event.dataTransfer)) listeners[event.type]?.(event)
    }
    const names = ['dragenter', 'dragleave', 'dragover', 'drop'] as const
    for (const name of names) document.addEventListener(name, hear)
    return () => {
      for (const name of names) document.removeEventListener(name, hear)
    }
  }, [])
  return isOver
}
