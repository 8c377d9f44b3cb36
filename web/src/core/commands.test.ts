import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import {
  ariaShortcut,
  availableCommands,
  type Command,
  commands,
  followShortcuts,
  registerCommands,
  runCommand,
  shortcutText,
} from './commands'

const cleanups: (() => void)[] = []

function register(...added: Command[]): () => void {
  const stop = registerCommands(added)
  cleanups.push(stop)
  return stop
}

function command(id: string, more: Partial<Command> = {}): Command & { run: ReturnType<typeof vi.fn> } {
  return { id, title: `chat:${id}`, run: vi.fn(), ...more } as Command & { run: ReturnType<typeof vi.fn> }
}

function press(init: KeyboardEventInit, target: EventTarget = document.body): KeyboardEvent {
  const event = new KeyboardEvent('keydown', { bubbles: true, cancelable: true, ...init })
  target.dispatchEvent(event)
  return event
}

function onPlatform(name: string): void {
  vi.spyOn(navigator, 'platform', 'get').mockReturnValue(name)
}

beforeEach(() => {
  onPlatform('Linux x86_64')
  cleanups.push(followShortcuts())
})

afterEach(() => {
  for (const stop of cleanups.splice(0)) stop()
  document.body.replaceChildren()
})

describe('registerCommands', () => {
  it('lists commands in their order, until they are taken back', () => {
    const stop = register(command('a'), command('b'))
    register(command('c'))
    expect(commands.getState().all.map(({ id }) => id)).toEqual(['a', 'b', 'c'])
    stop()
    expect(commands.getState().all.map(({ id }) => id)).toEqual(['c'])
  })

  it('lets the younger of two with one id count, until it goes', () => {
    const [older, younger] = [command('a'), command('a')]
    register(older)
    const stop = register(younger)
    runCommand('a')
    stop()
    runCommand('a')
    expect(younger.run).toHaveBeenCalledTimes(1)
    expect(older.run).toHaveBeenCalledTimes(1)
  })
})

describe('runCommand', () => {
  it('starts nothing that is unknown or not available', () => {
    const hidden = command('a', { isAvailable: () => false })
    register(hidden)
    expect(runCommand('a')).toBe(false)
    expect(runCommand('b')).toBe(false)
    expect(hidden.run).not.toHaveBeenCalled()
    expect(availableCommands()).toEqual([])
  })
})

describe('followShortcuts', () => {
  it('starts a command by its keys and keeps them from the browser', () => {
    const copy = command('copy', { shortcut: 'Mod+Shift+C' })
    register(copy)
    expect(press({ key: 'C', ctrlKey: true, shiftKey: true }).defaultPrevented).toBe(true)
    expect(press({ key: 'c', ctrlKey: true }).defaultPrevented).toBe(false)
    expect(press({ key: 'C', metaKey: true, shiftKey: true }).defaultPrevented).toBe(false)
    expect(copy.run).toHaveBeenCalledTimes(1)
  })

  it('takes the command key on Apple’s machines', () => {
    onPlatform('MacIntel')
    const find = command('find', { shortcut: 'Mod+K' })
    register(find)
    press({ key: 'k', ctrlKey: true })
    expect(find.run).not.toHaveBeenCalled()
    press({ key: 'k', metaKey: true })
    expect(find.run).toHaveBeenCalledTimes(1)
  })

  it('leaves the keys of a command that is not available to the browser', () => {
    register(command('stop', { shortcut: 'Escape', isAvailable: () => false }))
    expect(press({ key: 'Escape' }).defaultPrevented).toBe(false)
  })

  it('does not take letters from somebody who types', () => {
    const help = command('help', { shortcut: '?' })
    const stop = command('stop', { shortcut: 'Escape', worksInFields: true })
    register(help, stop)
    const field = document.createElement('textarea')
    document.body.append(field)
    expect(press({ key: '?', shiftKey: true }, field).defaultPrevented).toBe(false)
    press({ key: 'Escape' }, field)
    expect(stop.run).toHaveBeenCalledTimes(1)
    press({ key: '?', shiftKey: true })
    expect(help.run).toHaveBeenCalledTimes(1)
  })

  it('does nothing while an input method composes, or when a key is held', () => {
    const stop = command('stop', { shortcut: 'Escape' })
    register(stop)
    press({ key: 'Escape', isComposing: true })
    press({ key: 'Escape', repeat: true })
    expect(stop.run).not.toHaveBeenCalled()
  })

  it('finds letters by their place on keyboards without Latin ones', () => {
    const find = command('find', { shortcut: 'Mod+K' })
    register(find)
    press({ key: 'л', code: 'KeyK', ctrlKey: true })
    expect(find.run).toHaveBeenCalledTimes(1)
  })
})

describe('followShortcuts where the person wants no characters as shortcuts', () => {
  it('leaves characters alone, and nothing else', () => {
    for (const stop of cleanups.splice(0)) stop()
    cleanups.push(followShortcuts(document, () => false))
    const help = command('help', { shortcut: '?' })
    const stop = command('stop', { shortcut: 'Escape' })
    const find = command('find', { shortcut: 'Mod+K' })
    register(help, stop, find)
    expect(press({ key: '?', shiftKey: true }).defaultPrevented).toBe(false)
    press({ key: 'Escape' })
    press({ key: 'k', ctrlKey: true })
    expect(help.run).not.toHaveBeenCalled()
    expect(stop.run).toHaveBeenCalledTimes(1)
    expect(find.run).toHaveBeenCalledTimes(1)
  })
})

describe('ariaShortcut', () => {
  it('writes keys as ARIA does', () => {
    expect(ariaShortcut('Mod+Shift+c')).toBe('Control+Shift+C')
    expect(ariaShortcut('F2')).toBe('F2')
    onPlatform('MacIntel')
    expect(ariaShortcut('Mod+K')).toBe('Meta+K')
  })
})

describe('shortcutText', () => {
  it('writes keys as the machine does', () => {
    expect(shortcutText('Mod+Shift+c')).toBe('Ctrl+Shift+C')
    expect(shortcutText('ArrowUp')).toBe('↑')
    expect(shortcutText('Mod++')).toBe('Ctrl++')
    onPlatform('MacIntel')
    expect(shortcutText('Mod+Shift+C')).toBe('⇧⌘C')
  })
})
