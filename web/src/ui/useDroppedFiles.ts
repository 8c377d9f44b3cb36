import { useEffect, useRef, useState } from 'react'

/** Takes files that are dropped anywhere on the page; says whether some are held over it now. */
export function useDroppedFiles(onDrop: (data: DataTransfer) => void): boolean {
  const [isOver, setOver] = useState(false)
  const latest = useRef(onDrop)
  useEffect(() => {
    latest.current = onDrop
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
        if (event.dataTransfer !== null) latest.current(event.dataTransfer)
      },
    }
    const hear = (event: DragEvent) => {
      if (event.dataTransfer?.types.includes('Files')) listeners[event.type]?.(event)
    }
    const names = ['dragenter', 'dragleave', 'dragover', 'drop'] as const
    for (const name of names) document.addEventListener(name, hear)
    return () => {
      for (const name of names) document.removeEventListener(name, hear)
    }
  }, [])
  return isOver
}
