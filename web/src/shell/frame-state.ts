/** How the frame stands: whether the drawer or one of its dialogs is open. The side bar itself is a preference. */

import { createStore, useStore } from 'zustand'

export interface FrameState {
  readonly isDrawerOpen: boolean
  readonly isPaletteOpen: boolean
  readonly isHelpOpen: boolean
}

export const frame = createStore<FrameState>()(() => ({
  isDrawerOpen: false,
  isPaletteOpen: false,
  isHelpOpen: false,
}))

export function useFrame<T>(select: (state: FrameState) => T): T {
  return useStore(frame, select)
}
