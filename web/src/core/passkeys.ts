/**
 * Passkeys: enrolling one with this server, and signing a draft with one.
 *
 * The private key stays in the authenticator. What is signed is the challenge `H(PAE)` of the draft's
 * payload; `challengeOf` computes it here, so that the page never signs a challenge that belongs to
 * another payload than the one it showed.
 */

import { requestJson } from './api'
import { bytesOf, textOf, toBase64 } from './base64'
import type { DraftBody, DraftSigned, PasskeyBody, PasskeyChallenge, PasskeyList } from './wire'

/** Why no passkey came: the person said no, the browser cannot, or the page has the wrong address. */
export type PasskeyProblem = 'unsupported' | 'declined' | 'no-key'

export class PasskeyError extends Error {
  override readonly name = 'PasskeyError'
  readonly problem: PasskeyProblem

  constructor(problem: PasskeyProblem) {
    super(problem)
    this.problem = problem
  }
}

export const hasPasskeys = (): boolean => typeof PublicKeyCredential === 'function' && window.isSecureContext

/** Makes a passkey for this server and enrols it under `name`; `person` is shown by the authenticator. */
export async function enrolPasskey(name: string, person: string): Promise<PasskeyBody> {
  if (!hasPasskeys()) throw new PasskeyError('unsupported')
  const given = await requestJson<PasskeyChallenge>('/v1/passkey-challenges', { method: 'POST' })
  const made = await ask(() =>
    navigator.credentials.create({
      publicKey: {
        challenge: bytesOf(given.challenge),
        rp: { id: given.rp_id, name: 'Verax' },
        user: { id: bytesOf(given.user_handle), name: person, displayName: person },
        pubKeyCredParams: [{ type: 'public-key', alg: -7 }],
        excludeCredentials: given.exclude.map((id) => ({ type: 'public-key' as const, id: bytesOf(id) })),
        authenticatorSelection: { residentKey: 'preferred', userVerification: 'required' },
        attestation: 'none',
      },
    }),
  )
  const response = made.response as AuthenticatorAttestationResponse
  return requestJson<PasskeyBody>('/v1/passkeys', {
    method: 'POST',
    json: {
      name,
      challenge: given.challenge,
      client_data_json: textOf(response.clientDataJSON),
      authenticator_data: textOf(response.getAuthenticatorData()),
    },
  })
}

/** Signs a draft with one of the person's passkeys; returns what became of the statement. */
export async function signDraft(draft: DraftBody): Promise<DraftSigned> {
  if (!hasPasskeys()) throw new PasskeyError('unsupported')
  const { data } = await requestJson<PasskeyList>('/v1/passkeys')
  const usable = data.filter((passkey) => passkey.record['rp_id'] === location.hostname)
  if (usable.length === 0) throw new PasskeyError('no-key')
  const challenge = await challengeOf(draft.payload)
  const given = await ask(() =>
    navigator.credentials.get({
      publicKey: {
        challenge,
        rpId: location.hostname,
        allowCredentials: usable.map((passkey) => ({ type: 'public-key' as const, id: bytesOf(passkey.id) })),
        userVerification: 'required',
      },
    }),
  )
  const used = usable.find((passkey) => passkey.id === given.id)
  if (used === undefined) throw new PasskeyError('no-key')
  const response = given.response as AuthenticatorAssertionResponse
  return requestJson<DraftSigned>(`/v1/governance/drafts/${draft.id}/signatures`, {
    method: 'POST',
    json: {
      key_id: used.key_id,
      sig: toBase64(response.signature),
      assertion: {
        authenticator_data: toBase64(response.authenticatorData),
        client_data_json: toBase64(response.clientDataJSON),
      },
    },
  })
}

/** `H(PAE(payloadType, payload))` of a payload in base64: what a passkey signs (clause 3). */
export async function challengeOf(payload: string): Promise<ArrayBuffer> {
  const type = 'application/vnd.in-toto+json'
  const body = bytesOf(payload)
  const head = new TextEncoder().encode(`DSSEv1 ${type.length} ${type} ${body.length} `)
  const message = new Uint8Array(head.length + body.length)
  message.set(head)
  message.set(body, head.length)
  return crypto.subtle.digest('SHA-256', message)
}

async function ask(call: () => Promise<Credential | null>): Promise<PublicKeyCredential> {
  try {
    const credential = await call()
    if (credential instanceof PublicKeyCredential) return credential
  } catch (error) {
    if (!(error instanceof DOMException)) throw error
  }
  throw new PasskeyError('declined')
}
