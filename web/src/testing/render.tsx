/** For tests of components: the app's providers around them, in English. */

import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { type RenderResult, render } from '@testing-library/react'
import i18next from 'i18next'
import { type ReactNode, Suspense } from 'react'
import { initReactI18next } from 'react-i18next'
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

export { type Call, json, refusal, serve } from './server'
