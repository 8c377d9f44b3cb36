/** For tests: a server that answers `fetch` from a table. */

import { vi } from 'vitest'

export interface Call {
  readonly method: string
  readonly path: string
  readonly body: unknown
}

type Answer = Response | ((call: Call) => Response | Promise<Response>)

/** Answers `fetch` from a table of `METHOD /path`; a call that is not in it fails its test. Returns the calls. */
export function serve(answers: Readonly<Record<string, Answer>>): readonly Call[] {
  const calls: Call[] = []
  vi.stubGlobal('fetch', async (url: string, options: RequestInit = {}) => {
    const method = options.method ?? 'GET'
    const body = typeof options.body === 'string' ? (JSON.parse(options.body) as unknown) : null
    const call = { method, path: url, body }
    calls.push(call)
    const answer = answers[`${method} ${url}`] ?? answers[`${method} ${url.split('?')[0]}`]
    if (answer === undefined) throw new Error(`the test has no answer to ${method} ${url}`)
    return typeof answer === 'function' ? await answer(call) : answer.clone()
  })
  return calls
}

export function json(body: unknown, status = 200, headers: Record<string, string> = {}): Response {
  return new Response(JSON.stringify(body), { status, headers })
}

export function refusal(status: number, code: string, headers: Record<string, string> = {}): Response {
  return json({ error: { code, message: `the server says ${code}`, hint: 'a hint' } }, status, headers)
}
