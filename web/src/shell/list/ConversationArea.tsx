import { Archive, ArrowLeft, Search, X } from 'lucide-react'
import { type KeyboardEvent, useDeferredValue, useRef } from 'react'
import { useTranslation } from 'react-i18next'
import { ariaShortcut } from '@/core/commands'
import { isSearchable } from '@/core/highlight'
import { IconButton } from '@/ui/Button'
import styles from './ConversationArea.module.css'
import { ConversationList } from './ConversationList'
import { DeleteDialog } from './DeleteDialog'
import { listState, SEARCH_FIELD_ID, showArchive, useListState } from './list-state'
import { SearchResults } from './SearchResults'
import { SelectionBar } from './SelectionBar'

/** What one talked about: a search, and the list by time or the archive. */
export function ConversationArea() {
  const { t } = useTranslation('shell')
  const isArchive = useListState((state) => state.isArchive)
  const isChoosing = useListState((state) => state.chosen !== null)
  const search = useDeferredValue(useListState((state) => state.search))
  const area = useRef<HTMLElement>(null)
  return (
    <nav ref={area} className={styles['area']} aria-label={t('list.name')}>
      <div className={styles['head']}>
        <SearchField onDown={() => area.current?.querySelector<HTMLElement>('li a')?.focus()} />
        {!isArchive && search === '' && (
          <IconButton size="small" label={t('list.archive')} onClick={() => showArchive(true)}>
            <Archive size={18} aria-hidden="true" />
          </IconButton>
        )}
      </div>
      {isSearchable(search) ? (
        <SearchResults search={search.trim()} />
      ) : (
        <>
          {isArchive && !isChoosing && (
            <div className={styles['archive']}>
              <IconButton size="small" label={t('list.leaveArchive')} onClick={() => showArchive(false)}>
                <ArrowLeft size={18} aria-hidden="true" />
              </IconButton>
              <h2>{t('list.archive')}</h2>
            </div>
          )}
          {isChoosing && <SelectionBar isArchive={isArchive} />}
          <ConversationList key={String(isArchive)} isArchive={isArchive} />
        </>
      )}
      <DeleteDialog />
    </nav>
  )
}

function SearchField({ onDown }: { onDown: () => void }) {
  const { t } = useTranslation('shell')
  const search = useListState((state) => state.search)
  const input = useRef<HTMLInputElement>(null)
  const clear = () => listState.setState({ search: '' })
  const press = (event: KeyboardEvent) => {
    if (event.key === 'Escape' && search !== '') {
      // Only the search ends, not the drawer that it stands in.
      event.stopPropagation()
      event.nativeEvent.stopImmediatePropagation()
      clear()
    } else if (event.key === 'ArrowDown') {
      event.preventDefault()
      onDown()
    }
  }
  return (
    <search className={styles['search']}>
      <Search size={16} aria-hidden="true" />
      <input
        ref={input}
        id={SEARCH_FIELD_ID}
        type="text"
        inputMode="search"
        enterKeyHint="search"
        autoComplete="off"
        spellCheck={false}
        dir="auto"
        aria-label={t('list.search')}
        aria-keyshortcuts={ariaShortcut('Mod+Shift+F')}
        placeholder={t('list.search')}
        value={search}
        onChange={(event) => listState.setState({ search: event.target.value })}
        onKeyDown={press}
      />
      {search !== '' && (
        <IconButton
          size="small"
          label={t('list.clearSearch')}
          onClick={() => {
            clear()
            input.current?.focus()
          }}
        >
          <X size={16} aria-hidden="true" />
        </IconButton>
      )}
    </search>
  )
}
