/**
 * Where the keyboard stood before a dialog or a menu opened. Radix goes back to the button that opened a dialog,
 * and knows that button only where it is a part of the dialog; ours are opened by state, from menus and by keys.
 */

import { useRef } from 'react'

const ABOVE_THE_PAGE = '[role="menu"], [role="dialog"], [role="alertdialog"]'

let lastOnPage: HTMLElement | null = null

if (typeof document !== 'undefined') {
  document.addEventListener('focusin', ({ target }) => {
    if (target instanceof HTMLElement && target.closest(ABOVE_THE_PAGE) === null) lastOnPage = target
  })
}

/** Whether somebody is at work in a menu, a dialog or a field: a page that opens must not take the focus from there. */
export function isFocusTaken(): boolean {
  return document.activeElement?.closest(`${ABOVE_THE_PAGE}, input, textarea, select`) != null
}

export interface DialogFocus {
  readonly onOpenAutoFocus: (event: Event) => void
  readonly onCloseAutoFocus: (event: Event) => void
}

/**
 * The two moments of a dialog. `first` says what takes the focus when it opens: its first field, or the dialog
 * itself, whose title is then read out; Radix would choose the close button, which nobody wants first.
 *
 * No field in a dialog may take the focus itself (`autoFocus`). Radix then tells neither moment of its opening, keeps
 * no place to come back to, and whatever on the page asks for the focus next has it, behind the dialog.
 */
export function useDialogFocus(first: 'field' | 'dialog' | 'usual'): DialogFocus {
  const returnTo = useRef<HTMLElement | null>(null)
  return {
    onOpenAutoFocus: (event) => {
      const before = document.activeElement
      const isOnPage =
        before instanceof HTMLElement && before !== document.body && !before.closest(ABOVE_THE_PAGE)
      // A dialog above a dialog goes back to that one; it is what has the focus now.
      const isInDialog = before?.closest('[role="dialog"], [role="alertdialog"]') != null
      returnTo.current = (isOnPage || isInDialog) && before instanceof HTMLElement ? before : lastOnPage
      if (first === 'usual' || !(event.currentTarget instanceof HTMLElement)) return
      event.preventDefault()
      const field = event.currentTarget.querySelector<HTMLElement>('input:not([hidden]), textarea, select')
      ;(first === 'field' && field !== null ? field : event.currentTarget).focus()
    },
    onCloseAutoFocus: (event) => {
      event.preventDefault()
      // What the dialog led to may have taken the focus already, or taken that element away.
      const isFree = document.activeElement === null || document.activeElement === document.body
      if (isFree && returnTo.current?.isConnected) returnTo.current.focus()
    },
  }
}
