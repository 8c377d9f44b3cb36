import { screen, waitFor } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { json, refusal, renderApp, serve } from '@/testing/render'
import { BackupSection } from './BackupSection'
import { ModelSection } from './ModelSection'
import { UserSection } from './UserSection'

const ANN = {
  id: 'u1',
  name: 'ann',
  roles: ['owner'],
  has_password: true,
  requests_per_minute: null,
  created_ms: 0,
  disabled_ms: null,
  sessions: 1,
  keys: 2,
  last_seen_ms: null,
}
const USERS = { object: 'list', data: [ANN], has_more: false, total: 1 }

afterEach(() => vi.unstubAllGlobals())

describe('people', () => {
  it('are added with roles, and their link is shown once', async () => {
    const link = { url: 'http://localhost:8420/welcome#code', expires_ms: 1 }
    const calls = serve({
      'GET /v1/admin/users': json(USERS),
      'POST /v1/admin/users': json({ ...ANN, id: 'u2', name: 'bob', link }, 201),
    })
    renderApp(<UserSection />)
    await userEvent.click(await screen.findByRole('button', { name: 'Add a person' }))
    await userEvent.type(screen.getByLabelText('Name'), 'bob')
    await userEvent.click(screen.getByLabelText('Reviewer'))
    await userEvent.click(screen.getByRole('button', { name: 'Make the account' }))
    expect(await screen.findByText(link.url)).toBeDefined()
    expect(calls.find((call) => call.method === 'POST')?.body).toEqual({
      name: 'bob',
      roles: ['member', 'reviewer'],
      requests_per_minute: null,
    })
  })

  it('are not saved without a role, and a refusal stands at the name', async () => {
    serve({
      'GET /v1/admin/users': json(USERS),
      'PATCH /v1/admin/users/u1': refusal(409, 'account/last-owner'),
    })
    renderApp(<UserSection />)
    await userEvent.click(await screen.findByRole('button', { name: /Change .*ann/ }))
    const save = screen.getByRole('button', { name: 'Save' })
    await userEvent.click(screen.getByLabelText('Owner'))
    expect(save).toHaveProperty('disabled', true)
    await userEvent.click(screen.getByLabelText('Member'))
    await userEvent.click(save)
    await waitFor(() => expect(screen.getByLabelText('Name').getAttribute('aria-invalid')).toBe('true'))
  })
})

describe('models', () => {
  it('that answer are timed, and the command that connects them is shown', async () => {
    const command = 'verax model add big --url http://localhost:1/v1 --channel assistant'
    serve({
      'GET /v1/admin/models': json({ channels: [], servers: [], files: [], keys: [] }),
      'POST /v1/admin/models/test': json({
        url: 'http://localhost:1/v1',
        is_reachable: true,
        models: [{ name: 'big', context_tokens: null }],
        sample: { first_text_ms: 12, total_ms: 34, completion_tokens: 5 },
        problem: null,
        command,
      }),
    })
    renderApp(<ModelSection />)
    await userEvent.click(await screen.findByRole('button', { name: 'Test' }))
    expect(await screen.findByText(command)).toBeDefined()
    await userEvent.click(screen.getByRole('button', { name: 'big' }))
    expect(screen.getByLabelText('Model to time')).toHaveProperty('value', 'big')
  })
})

describe('a backup', () => {
  it('is not asked for while the two passphrases differ', async () => {
    const calls = serve({})
    renderApp(<BackupSection />)
    await userEvent.type(await screen.findByLabelText('Passphrase'), 'a long enough one')
    await userEvent.type(screen.getByLabelText('The passphrase again'), 'another one')
    await userEvent.click(screen.getByRole('button', { name: 'Download the backup' }))
    expect(screen.getByText('The two are not the same.')).toBeDefined()
    expect(calls).toEqual([])
  })
})
