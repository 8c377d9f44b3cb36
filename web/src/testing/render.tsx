/** For tests of components: the app's providers around them, in English, and a server that answers from a table. */

import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { type RenderResult, render } from '@testing-library/react'
import i18next from 'i18next'
import { type ReactNode, Suspense } from 'react'
import { initReactI18next } from 'react-i18next'
import { vi } from 'vitest'
import { Router } from 'wouter'
import { memoryLocation } from 'wouter/memory-location'
import { Announcer } from '@/ui/Announcer'

const files = import.meta.glob<Record<string, unknown>>('../locales/en/*.json', {
  eager: true,
  import: 'default',
})

await i18next.use(initReactI18next).init({
  lng: 'en',
  resources: {
    en: Object.fromEntries(
      Object.entries(files).map(([path, texts]) => [path.replace(/^.*\/(.*)\.json$/, '$1'), texts]),
    ),
  },
  defaultNS: 'common',
  interpolation: { escapeValue: false },
})

export interface Rendered extends RenderResult {
  readonly client: QueryClient
  /** Every address that was opened, the first one first. */
  readonly history: readonly string[]
  readonly navigate: (path: string) => void
}

/** Renders with query cache, router and announcer; `path` is the address that is open. */
export function renderApp(content: ReactNode, path = '/'): Rendered {
  const client = new QueryClient({ defaultOptions: { queries: { retry: false, staleTime: 15_000 } } })
  const { hook, searchHook, history, navigate } = memoryLocation({ path, record: true })
  const result = render(
    <QueryClientProvider client={client}>
      <Router hook={hook} searchHook={searchHook}>
        <Suspense fallback={null}>{content}</Suspense>
        <Announcer />
      </Router>
    </QueryClientProvider>,
  )
  return { ...result, client, history, navigate }
}

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
