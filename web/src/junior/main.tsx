import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import './junior.css'
import './talks.css'
import './scenes.css'
import './screens.css'
import { Broken } from './Broken'
import { startLanguages } from './i18n'
import { JoinPage } from './JoinPage'
import { JuniorApp } from './JuniorApp'

const root = document.getElementById('root')
if (root === null) throw new Error('junior.html has no #root')
startLanguages()
createRoot(root).render(
  <StrictMode>
    <Broken>{window.location.pathname === '/junior/join' ? <JoinPage /> : <JuniorApp />}</Broken>
  </StrictMode>,
)

// Pages over plain http of another machine have none, and work as long as the server answers.
if ('serviceWorker' in navigator && import.meta.env.PROD) {
  navigator.serviceWorker.register('/junior-worker.js', { scope: '/junior' }).catch(() => {})
}
