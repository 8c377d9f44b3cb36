/** What the conversation list is doing: which view, what is searched, what is chosen, renamed or about to be deleted. */

import { createStore, useStore } from 'zustand'

export const SEARCH_FIELD_ID = 'search-conversations'

export interface ListState {
  readonly isArchive: boolean
  readonly search: string
  /** Ids of the chosen ones; null while none are being chosen. */
  readonly chosen: ReadonlySet<string> | null
  readonly renaming: string
  /** Those that the open question is about. */
  readonly deleting: readonly { readonly id: string; readonly title: string; readonly messages: number }[]
}

const START: ListState = { isArchive: false, search: '', chosen: null, renaming: '', deleting: [] }

export const listState = createStore<ListState>()(() => START)

export function useListState<T>(select: (state: ListState) => T): T {
  return useStore(listState, select)
}

export function resetList(): void {
  listState.setState(START, true)
}

export function showArchive(isArchive: boolean): void {
  listState.setState({ isArchive, chosen: null, renaming: '' })
}

/** Chooses or leaves one; choosing begins with it. */
export function toggleChosen(id: string): void {
  listState.setState(({ chosen }) => {
    const next = new Set(chosen)
    if (!next.delete(id)) next.add(id)
    return { chosen: next }
  })
}
