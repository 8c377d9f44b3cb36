import { screen, waitFor, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { type Command, registerCommands } from '@/core/commands'
import { json, renderApp, serve } from '@/testing/render'
import { frame } from '../frame-state'
import Palette from './Palette'
import ShortcutSheet, { byArea } from './ShortcutSheet'

const NOW = Date.now()
const talk = (id: string, title: string) => ({ id, title, updated_ms: NOW, running: [], is_pinned: false })
const run = vi.fn()
let stop = () => {}

beforeEach(() => {
  run.mockReset()
  stop = registerCommands([
    { id: 'shell.newChat', title: 'shell:commands.newChat', shortcut: 'Mod+;', run },
    { id: 'shell.sidebar', title: 'shell:commands.sidebar', run },
    { id: 'shell.theme', title: 'shell:commands.theme', isAvailable: () => false, run },
    { id: 'shell.help Mod+/', title: 'shell:commands.help', shortcut: 'Mod+/', run },
    { id: 'shell.help ?', title: 'shell:commands.help', shortcut: '?', run },
  ])
  frame.setState({ isPaletteOpen: true, isHelpOpen: false })
})
afterEach(() => {
  stop()
  vi.unstubAllGlobals()
})

function open() {
  serve({
    'GET /v1/session': json({ user_id: 'u1', name: 'ann', roles: [] }),
    'GET /v1/conversations': json({
      object: 'list',
      data: [talk('a', 'Hamlet'), talk('b', 'Tides')],
      has_more: false,
    }),
    'GET /v1/search': json({
      data: [
        { conversation_id: 'a', title: 'Hamlet', message_id: '', role: '', snippet: '', created_ms: NOW },
        {
          conversation_id: 'c',
          title: 'Plays',
          message_id: 'm1',
          role: 'user',
          snippet: 'on hamlets',
          created_ms: NOW,
        },
      ],
    }),
  })
  return { user: userEvent.setup(), ...renderApp(<Palette />) }
}

const options = () => screen.getAllByRole('option').map((option) => option.textContent)
const active = () => {
  const id = screen.getByRole('combobox').getAttribute('aria-activedescendant')
  return document.getElementById(id ?? '')?.textContent
}

describe('the palette', () => {
  it('lists what can be done now, once for each name, and recent conversations', async () => {
    open()
    await screen.findByRole('option', { name: /Tides/ })
    expect(options()).toEqual([
      'New chatCtrl+;',
      'Show or hide the side bar',
      'Keyboard shortcutsCtrl+/',
      'Hamlet',
      'Tides',
    ])
    expect(screen.getAllByRole('group').map((group) => group.getAttribute('aria-labelledby'))).toHaveLength(2)
  })

  it('keeps the focus in the field, names the active entry and goes round at the ends', async () => {
    const { user } = open()
    await screen.findByRole('option', { name: /Tides/ })
    expect(document.activeElement).toBe(screen.getByRole('combobox'))
    expect(active()).toContain('New chat')
    await user.keyboard('{ArrowUp}')
    expect(active()).toBe('Tides')
    await user.keyboard('{ArrowDown}{ArrowDown}')
    expect(active()).toContain('side bar')
    expect(screen.getAllByRole('option', { selected: true })).toHaveLength(1)
  })

  it('starts the active command and closes', async () => {
    const { user } = open()
    await user.type(screen.getByRole('combobox'), 'hide{Enter}')
    await waitFor(() => expect(run).toHaveBeenCalledTimes(1))
    expect(frame.getState().isPaletteOpen).toBe(false)
  })

  it('finds conversations and messages, and leads to them', async () => {
    const { user, history } = open()
    await user.type(screen.getByRole('combobox'), 'hamlet')
    const messages = await screen.findByRole('group', { name: 'Messages' })
    expect(within(messages).getByRole('option').textContent).toBe('on hamletsPlays')
    expect(within(screen.getByRole('group', { name: 'Conversations' })).getAllByRole('option')).toHaveLength(
      1,
    )
    await user.click(within(messages).getByRole('option'))
    await waitFor(() => expect(history.at(-1)).toBe('/c/c?message=m1'))
  })

  it('says when nothing fits', async () => {
    const { user } = open()
    await user.type(screen.getByRole('combobox'), 'q')
    expect(await screen.findByText('Nothing fits “q”.')).toBeDefined()
    expect(screen.getByRole('combobox').hasAttribute('aria-activedescendant')).toBe(false)
  })

  it('closes with Escape', async () => {
    const { user } = open()
    await user.keyboard('{Escape}')
    expect(frame.getState().isPaletteOpen).toBe(false)
  })
})

describe('the sheet of shortcuts', () => {
  it('shows every shortcut once, and turns those of a single character off', async () => {
    renderApp(<ShortcutSheet />)
    const row = screen.getByText('Keyboard shortcuts', { selector: 'dt' }).parentElement
    expect(row?.textContent).toBe('Keyboard shortcutsCtrl+/?')
    const toggle = screen.getByRole('switch', { name: 'Shortcuts of a single character' })
    expect(toggle.getAttribute('aria-checked')).toBe('true')
    await userEvent.setup().click(toggle)
    expect(toggle.getAttribute('aria-checked')).toBe('false')
  })

  it('groups by area, in the order of registration', () => {
    const command = (id: string, shortcut?: string): Command => ({
      id,
      title: id,
      run,
      ...(shortcut && { shortcut }),
    })
    expect(
      byArea([command('shell.a', 'A'), command('chat.b', 'B'), command('shell.c'), command('shell.d', 'D')]),
    ).toEqual([
      {
        area: 'shell',
        rows: [
          { title: 'shell.a', keys: ['A'] },
          { title: 'shell.d', keys: ['D'] },
        ],
      },
      { area: 'chat', rows: [{ title: 'chat.b', keys: ['B'] }] },
    ])
  })
})
