import { QueryClientProvider } from '@tanstack/react-query'
import { setNonce } from 'get-nonce'
import { StrictMode, Suspense } from 'react'
import { createRoot } from 'react-dom/client'
import { App } from './App'
import './base.css'
import { watchStyleSheets } from './core/chunks'
import { followShortcuts } from './core/commands'
import { takeLinkCode } from './core/link-code'
import { followOtherTabs, followTheme, preferences } from './core/preferences'
import { startLanguages } from './i18n'
import { queries } from './queries'
import { CrashBoundary } from './ui/Crash'
import { Loading } from './ui/States'

// The server writes a fresh nonce into each page; Radix needs it for the one style sheet that it adds.
setNonce(document.querySelector<HTMLMetaElement>('meta[name=csp-nonce]')?.content ?? '')
watchStyleSheets()
takeLinkCode()
followTheme()
followOtherTabs()
followShortcuts(document, () => preferences.getState().singleKeys)

const root = document.getElementById('root')
if (root === null) throw new Error('index.html has no #root')
await startLanguages()
createRoot(root).render(
  <StrictMode>
    <QueryClientProvider client={queries}>
      <CrashBoundary>
        <Suspense fallback={<Loading />}>
          <App />
        </Suspense>
      </CrashBoundary>
    </QueryClientProvider>
  </StrictMode>,
)
