import { screen } from '@testing-library/react'
import { userEvent } from '@testing-library/user-event'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { toBase64 } from '@/core/base64'
import { shortCode } from '@/core/short-code'
import type { DraftBody } from '@/core/wire'
import { utf8 } from '@/proof/bytes'
import { encode, type JsonObject } from '@/proof/canonical'
import { digestOf } from '@/proof/hash'
import { json, renderApp, serve } from '@/testing/render'
import { SignDraft } from './SignDraft'

const CAUSE = utf8('It talks about one subject only.')
const HEAD = 'ab'.repeat(32)

/** A draft that freezes a channel, as the server would send it; `changes` are lies told about it. */
function frozen(changes: Partial<DraftBody> = {}): DraftBody {
  const statement: JsonObject = {
    _type: 'https://in-toto.io/Statement/v1',
    predicateType: 'urn:verax:move:v1',
    subject: [{ name: 'release', digest: { sha256: HEAD } }],
    predicate: {
      log: 'example.org-aaaaaaaaaaaaaaaaaaaaaaaaaa/governance',
      root: 1,
      seen: { size: 3, root: 'cd'.repeat(32) },
      nonce: '0'.repeat(32),
      time_ms: 1_790_000_000_000,
      channel: 'assistant',
      act: 'freeze',
      change: 'none',
      from: HEAD,
      to: HEAD,
      share_bp: 0,
      cause: digestOf(CAUSE),
    },
  }
  const payload = encode(statement)
  return {
    id: digestOf(payload),
    code: 'aaaa-aaaa-aaaa-aaaa',
    kind: 'freeze',
    payload: toBase64(payload),
    challenge: 'another',
    blobs: [digestOf(CAUSE)],
    contents: { [digestOf(CAUSE)]: toBase64(CAUSE) },
    signed_by: [],
    missing: null,
    may_discard: true,
    created_ms: 1_790_000_000_000,
    expires_ms: Date.now() + 3_600_000,
    ...changes,
  }
}

describe('SignDraft', () => {
  afterEach(() => vi.unstubAllGlobals())

  it('says what the payload says, and shows the code of its bytes, whatever the server calls them', () => {
    const draft = frozen()
    renderApp(<SignDraft draft={draft} onSigned={() => {}} />)
    screen.getByText('Freezes the channel: it answers nobody')
    screen.getByText('assistant')
    screen.getByText('It talks about one subject only.')
    screen.getByText(shortCode(draft.id))
    expect(screen.queryByText(draft.code)).toBeNull()
  })

  it('shows no reason whose digest the statement does not hold', () => {
    renderApp(
      <SignDraft
        draft={frozen({ contents: { [digestOf(CAUSE)]: toBase64(utf8('All is well.')) } })}
        onSigned={() => {}}
      />,
    )
    expect(screen.queryByText('All is well.')).toBeNull()
  })

  it('lets nobody sign a payload that the id does not belong to', () => {
    renderApp(<SignDraft draft={frozen({ id: 'ef'.repeat(32) })} onSigned={() => {}} />)
    expect(screen.getByRole('alert').textContent).toContain('must not be signed')
    expect(screen.queryByRole('button', { name: 'Sign with a passkey' })).toBeNull()
  })

  it('asks for the contents that a list leaves out', async () => {
    const whole = frozen()
    serve({ [`GET /v1/governance/drafts/${whole.id}`]: json(whole) })
    renderApp(<SignDraft draft={{ ...whole, contents: null }} onSigned={() => {}} />)
    await screen.findByText('It talks about one subject only.')
  })

  it('says that a browser without passkeys cannot sign', async () => {
    renderApp(<SignDraft draft={frozen()} onSigned={() => {}} />)
    await userEvent.click(screen.getByRole('button', { name: 'Sign with a passkey' }))
    expect((await screen.findByRole('alert')).textContent).toContain('This browser cannot use passkeys here.')
  })

  it('says who has signed, and how many signatures both roots still demand', () => {
    const missing = { by_old: 1, by_new: 2, may_sign: ['ann', 'bob'] }
    renderApp(<SignDraft draft={frozen({ signed_by: ['eve'], missing })} onSigned={() => {}} />)
    screen.getByText('eve')
    screen.getByText('1 for the root in force')
    screen.getByText('2 for the new root')
    screen.getByText('May sign: ann, bob')
  })
})
