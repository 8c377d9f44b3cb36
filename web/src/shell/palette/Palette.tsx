import { useQuery } from '@tanstack/react-query'
import { MessageSquare, Search } from 'lucide-react'
import { Dialog as Parts } from 'radix-ui'
import {
  type KeyboardEvent,
  type ReactNode,
  useDeferredValue,
  useEffect,
  useId,
  useRef,
  useState,
} from 'react'
import { useTranslation } from 'react-i18next'
import { searchConversations } from '@/core/conversations'
import { isSearchable } from '@/core/highlight'
import { keys } from '@/queries'
import { classes } from '@/ui/classes'
import { useDialogFocus } from '@/ui/focus'
import { Highlight } from '@/ui/Highlight'
import { Keys } from '@/ui/Keys'
import { frame } from '../frame-state'
import { useSession } from '../useSession'
import { type Entry, useCommandEntries, useConversationEntries } from './entries'
import styles from './Palette.module.css'

/**
 * Everything that can be done and every conversation, by typing: a combobox over one list (WAI-ARIA's pattern
 * with aria-activedescendant), so that the focus never leaves the field.
 */
export default function Palette() {
  const { t } = useTranslation('shell')
  const focus = useDialogFocus('field')
  const close = () => frame.setState({ isPaletteOpen: false })
  return (
    <Parts.Root open onOpenChange={(open) => !open && close()}>
      <Parts.Portal>
        <Parts.Overlay className={styles['scrim']} />
        <Parts.Content className={styles['palette']} aria-describedby={undefined} {...focus}>
          <Parts.Title className="visually-hidden">{t('palette.name')}</Parts.Title>
          <Finder onDone={close} />
        </Parts.Content>
      </Parts.Portal>
    </Parts.Root>
  )
}

function Finder({ onDone }: { onDone: () => void }) {
  const { t } = useTranslation('shell')
  const id = useId()
  const [typed, setTyped] = useState('')
  const groups = useGroups(typed)
  const entries = groups.flatMap((group) => group.entries)
  const [active, setActive] = useState(0)
  const at = Math.min(active, entries.length - 1)
  const list = useRef<HTMLDivElement>(null)

  useEffect(() => {
    list.current?.querySelector(`[data-at="${at}"]`)?.scrollIntoView({ block: 'nearest' })
  }, [at])

  const run = (entry: Entry | undefined) => {
    if (entry === undefined) return
    // The palette goes first: what the entry opens shall find the focus free.
    onDone()
    setTimeout(entry.run)
  }
  const press = (event: KeyboardEvent) => {
    if (event.nativeEvent.isComposing) return
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key]
    if (step !== undefined) setActive((at + step + entries.length) % Math.max(entries.length, 1))
    else if (event.key === 'Enter') run(entries[at])
    else return
    event.preventDefault()
  }
  return (
    <>
      <div className={styles['field']}>
        <Search size={18} aria-hidden="true" />
        <input
          type="text"
          role="combobox"
          aria-expanded="true"
          aria-controls={`${id}-list`}
          aria-activedescendant={entries.length > 0 ? `${id}-${at}` : undefined}
          aria-autocomplete="list"
          aria-label={t('palette.field')}
          placeholder={t('palette.field')}
          autoComplete="off"
          spellCheck={false}
          dir="auto"
          value={typed}
          onChange={(event) => {
            setTyped(event.target.value)
            setActive(0)
          }}
          onKeyDown={press}
        />
      </div>
      <div
        ref={list}
        id={`${id}-list`}
        role="listbox"
        aria-label={t('palette.name')}
        className={styles['list']}
      >
        {groups.map((group) => (
          <Group key={group.name} id={`${id}-${group.name}`} name={t(`palette.${group.name}`)}>
            {group.entries.map((entry) => (
              <Option
                key={entry.id}
                entry={entry}
                typed={typed}
                id={id}
                at={entries.indexOf(entry)}
                isActive={entries.indexOf(entry) === at}
                onPoint={setActive}
                onRun={run}
              />
            ))}
          </Group>
        ))}
      </div>
      <p className={entries.length === 0 ? styles['none'] : 'visually-hidden'} role="status">
        {entries.length === 0
          ? t('palette.none', { search: typed })
          : t('search.found', { count: entries.length })}
      </p>
    </>
  )
}

interface GroupOfEntries {
  readonly name: 'commands' | 'conversations' | 'messages'
  readonly entries: readonly Entry[]
}

/** What fits, in groups that hold something. */
function useGroups(typed: string): readonly GroupOfEntries[] {
  const isSignedIn = Boolean(useSession().data)
  const search = useDeferredValue(typed.trim())
  const found = useQuery({
    queryKey: keys.searchFor(search),
    queryFn: ({ signal }) => searchConversations(search, signal),
    enabled: isSignedIn && isSearchable(search),
    placeholderData: (before) => before,
  })
  const hits = isSearchable(search) ? (found.data?.data ?? []) : []
  const commands = useCommandEntries(typed)
  const { conversations, messages } = useConversationEntries(typed, hits, isSignedIn)
  const groups: readonly GroupOfEntries[] = [
    { name: 'commands', entries: commands },
    { name: 'conversations', entries: conversations },
    { name: 'messages', entries: messages },
  ]
  return groups.filter(({ entries }) => entries.length > 0)
}

function Group({ id, name, children }: { id: string; name: string; children: ReactNode }) {
  return (
    // biome-ignore lint/a11y/useSemanticElements: a listbox holds groups, not field sets
    <div role="group" aria-labelledby={id}>
      <div id={id} className={styles['group']} role="presentation">
        {name}
      </div>
      {children}
    </div>
  )
}

interface OptionProps {
  readonly entry: Entry
  readonly typed: string
  readonly id: string
  readonly at: number
  readonly isActive: boolean
  readonly onPoint: (at: number) => void
  readonly onRun: (entry: Entry) => void
}

function Option({ entry, typed, id, at, isActive, onPoint, onRun }: OptionProps) {
  const Icon = entry.icon ?? MessageSquare
  return (
    // biome-ignore lint/a11y/useFocusableInteractive: the focus stays in the field, which names the active one
    // biome-ignore lint/a11y/useKeyWithClickEvents: the field takes the keys
    <div
      id={`${id}-${at}`}
      data-at={at}
      role="option"
      aria-selected={isActive}
      className={classes(styles['option'], isActive && styles['active'])}
      onPointerMove={() => onPoint(at)}
      onClick={() => onRun(entry)}
    >
      <Icon size={18} aria-hidden="true" />
      <span className={styles['text']}>
        <span className={styles['title']} dir="auto">
          <Highlight text={entry.title} search={typed} />
        </span>
        {entry.note !== undefined && (
          <span className={styles['note']} dir="auto">
            <Highlight text={entry.note} search={typed} />
          </span>
        )}
      </span>
      {entry.shortcut !== undefined && <Keys shortcut={entry.shortcut} />}
    </div>
  )
}
