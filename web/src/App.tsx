import { lazy } from 'react'
import { Route, Switch } from 'wouter'
import { NotFound } from './entry/NotFound'

// Each area is a chunk of its own: the first load holds the chat and nothing else.
const ChatPage = lazy(() => import('./chat/ChatPage'))

export function App() {
  return (
    <Switch>
      <Route path="/" component={ChatPage} />
      <Route path="/c/:conversation" component={ChatPage} />
      <Route component={NotFound} />
    </Switch>
  )
}
