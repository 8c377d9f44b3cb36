import { act, screen, waitFor } from '@testing-library/react'
import { beforeEach, describe, expect, it } from 'vitest'
import { Route, Switch } from 'wouter'
import { renderApp } from '@/testing/render'
import { announce } from '@/ui/Announcer'
import { Field } from '@/ui/Field'
import { forgetArrivals } from './arrival'
import { Page } from './Page'

function Pages() {
  return (
    <main id="main" tabIndex={-1}>
      <Switch>
        <Route path="/">
          <Page title="">start</Page>
        </Route>
        <Route path="/form">
          <Page title="Form">
            <Field label="first field" autoFocus />
          </Page>
        </Route>
        <Route path="/slow/:name">
          {({ name }) => <Page title={name === 'unknown' ? null : name}>text</Page>}
        </Route>
      </Switch>
    </main>
  )
}

beforeEach(() => {
  forgetArrivals()
  announce('')
})

describe('arriving on a page', () => {
  it('leaves the focus alone on the page that the app opens with', async () => {
    renderApp(<Pages />)
    await waitFor(() => expect(document.title).toBe('Verax'))
    expect(document.activeElement).toBe(document.body)
    expect(screen.getByRole('status').textContent).toBe('')
  })

  it('names the window, says the title and puts the keyboard at its heading', async () => {
    const { navigate } = renderApp(<Pages />)
    act(() => navigate('/slow/Report'))
    expect(document.title).toBe('Report · Verax')
    expect(screen.getByRole('status').textContent).toBe('Report')
    await waitFor(() => expect(document.activeElement).toBe(screen.getByRole('heading', { name: 'Report' })))
  })

  it('does not take the focus from a page that took it itself', async () => {
    const { navigate } = renderApp(<Pages />)
    act(() => navigate('/form'))
    await new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)))
    expect(document.activeElement).toBe(screen.getByLabelText('first field'))
  })

  it('waits for a title that is not known yet', async () => {
    const { navigate } = renderApp(<Pages />)
    act(() => navigate('/slow/unknown'))
    expect(screen.getByRole('status').textContent).toBe('')
    expect(document.title).toBe('Verax')
  })
})
