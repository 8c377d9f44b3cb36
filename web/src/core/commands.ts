/**
 * What the app can be told to do: areas register commands, the palette lists them, keys start them.
 *
 * * A command lives as long as what it acts on; of two with one id the younger counts, until it goes.
 * * A command that is not available now is not listed, and its key is left to the browser.
 * * A key without Mod or Alt does nothing while somebody types into a field, unless `worksInFields`.
 */

import { createStore } from 'zustand/vanilla'

export interface Command {
  /** Area and verb: `chat.stop`. */
  readonly id: string
  /** Key of its name, with the namespace: `chat:command.stop`. */
  readonly title: string
  /** Modifiers, then a key as `KeyboardEvent.key` names it: `Mod+Shift+C`. Mod is ⌘ on Apple's, Ctrl elsewhere. */
  readonly shortcut?: string
  readonly worksInFields?: boolean
  readonly isAvailable?: () => boolean
  readonly run: () => void | Promise<void>
}

interface Registry {
  /** Every command in force, in the order of registration. */
  readonly all: readonly Command[]
}

export const commands = createStore<Registry>()(() => ({ all: [] }))

const stack: Command[] = []

/** Adds commands; returns the way to take them back. */
export function registerCommands(added: readonly Command[]): () => void {
  stack.push(...added)
  publish()
  return () => {
    for (const command of added) {
      const index = stack.lastIndexOf(command)
      if (index >= 0) stack.splice(index, 1)
    }
    publish()
  }
}

function publish(): void {
  commands.setState({ all: [...new Map(stack.map((command) => [command.id, command])).values()] })
}

/** The commands that can be started now. */
export function availableCommands(): Command[] {
  return commands.getState().all.filter(isAvailable)
}

/** Starts a command by its id; false where there is none, or it is not available. */
export function runCommand(id: string): boolean {
  const found = commands.getState().all.find((command) => command.id === id)
  if (found === undefined || !isAvailable(found)) return false
  void found.run()
  return true
}

function isAvailable(command: Command): boolean {
  return command.isAvailable?.() ?? true
}

/**
 * Lets keys start commands from now on; returns the way to stop.
 *
 * `allowsCharacters` says whether a character alone is a shortcut, as "?" is: speech input sets such
 * shortcuts off, so there must be a way to turn them off (WCAG 2.1.4).
 */
export function followShortcuts(
  target: Document = document,
  allowsCharacters: () => boolean = () => true,
): () => void {
  const listen = (event: KeyboardEvent) => {
    if (event.defaultPrevented || event.isComposing || event.repeat) return
    if (isBare(event) && [...event.key].length === 1 && !allowsCharacters()) return
    const found = commandOfEvent(event)
    if (found === undefined) return
    event.preventDefault()
    void found.run()
  }
  target.addEventListener('keydown', listen)
  return () => target.removeEventListener('keydown', listen)
}

function commandOfEvent(event: KeyboardEvent): Command | undefined {
  const pressed = pressedOf(event)
  const isTyping = isBare(event) && isField(event.target)
  return availableCommands()
    .toReversed()
    .find(
      (command) =>
        command.shortcut !== undefined &&
        pressed.has(normalized(command.shortcut)) &&
        (!isTyping || command.worksInFields === true),
    )
}

function isBare(event: KeyboardEvent): boolean {
  return !(event.ctrlKey || event.metaKey || event.altKey)
}

const APPLE = /mac|iphone|ipad/i

/** Whether this machine's main modifier is ⌘. */
export function isApple(): boolean {
  return APPLE.test(navigator.platform)
}

/** The names of what was pressed: as the layout says, and, on layouts without Latin letters, by position. */
function pressedOf(event: KeyboardEvent): Set<string> {
  const mod = isApple() ? event.metaKey && !event.ctrlKey : event.ctrlKey && !event.metaKey
  if ((event.metaKey || event.ctrlKey) && !mod) return new Set()
  const keys = [event.key]
  if (!/^[\x20-\x7e]$/.test(event.key) && event.code.startsWith('Key')) keys.push(event.code.slice(3))
  const modifiers = [mod && 'Mod', event.altKey && 'Alt', event.shiftKey && 'Shift'].filter(Boolean)
  return new Set(keys.map((key) => normalized([...modifiers, key].join('+'))))
}

function normalized(shortcut: string): string {
  const { modifiers, key } = partsOf(shortcut)
  // What Shift does to a sign is in the sign: "?" is Shift+/ on some keyboards and not on others.
  const isSign = /^[^\p{L}\p{N}]$/u.test(key)
  return [...modifiers.filter((name) => !(isSign && name === 'Shift')), key.toLowerCase()].join('+')
}

function partsOf(shortcut: string): { modifiers: string[]; key: string } {
  const parts = shortcut.split(/\+(?!$)/)
  return { modifiers: parts.slice(0, -1).sort(), key: parts.at(-1) ?? '' }
}

function isField(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable ||
      target.matches('input, textarea, select, [role="textbox"], [role="combobox"]'))
  )
}

const APPLE_SIGNS: Readonly<Record<string, string>> = { Mod: '⌘', Alt: '⌥', Shift: '⇧' }
const KEY_SIGNS: Readonly<Record<string, string>> = {
  ArrowUp: '↑',
  ArrowDown: '↓',
  Escape: 'Esc',
  ' ': 'Space',
}

/** A shortcut as this machine writes it: `⇧⌘C`, or `Ctrl+Shift+C`. */
export function shortcutText(shortcut: string): string {
  const { modifiers, key } = partsOf(shortcut)
  const shown = KEY_SIGNS[key] ?? (key.length === 1 ? key.toUpperCase() : key)
  if (isApple()) {
    const signs = ['Alt', 'Shift', 'Mod'].filter((name) => modifiers.includes(name))
    return signs.map((name) => APPLE_SIGNS[name]).join('') + shown
  }
  const names = ['Mod', 'Alt', 'Shift'].filter((name) => modifiers.includes(name))
  return [...names.map((name) => (name === 'Mod' ? 'Ctrl' : name)), shown].join('+')
}

/** A shortcut in the form of the attribute `aria-keyshortcuts`. */
export function ariaShortcut(shortcut: string): string {
  const { modifiers, key } = partsOf(shortcut)
  const names = modifiers.map((name) => (name === 'Mod' ? (isApple() ? 'Meta' : 'Control') : name))
  return [...names, key === ' ' ? 'Space' : key.length === 1 ? key.toUpperCase() : key].join('+')
}
