import { Component, type ReactNode } from 'react'
import { Translation } from 'react-i18next'
import { Button } from './Button'
import { EmptyState } from './States'

/** Where a defect in a page ends: the rest of the app stays, and the person learns what to do. */
export class CrashBoundary extends Component<{ children: ReactNode }, { error: unknown }> {
  override state: { error: unknown } = { error: null }

  static getDerivedStateFromError(error: unknown): { error: unknown } {
    return { error }
  }

  override render(): ReactNode {
    if (this.state.error === null) return this.props.children
    return (
      <Translation>
        {(t) => (
          <EmptyState
            title={t('crashed.title')}
            action={
              <Button kind="primary" onClick={() => window.location.reload()}>
                {t('crashed.reload')}
              </Button>
            }
          >
            <p>{t('crashed.body')}</p>
          </EmptyState>
        )}
      </Translation>
    )
  }
}
