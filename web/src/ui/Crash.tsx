import { Component, type ReactNode } from 'react'
import { Translation } from 'react-i18next'
import { Button } from './Button'
import { EmptyState } from './States'

export interface CrashBoundaryProps {
  readonly children: ReactNode
  /** Another value gives the content another try: the address of the page, for instance. */
  readonly resetKey?: string
}

interface State {
  readonly error: unknown
  readonly resetKey: string | undefined
}

/** Where a defect in a page ends: the rest of the app stays, and the person learns what to do. */
export class CrashBoundary extends Component<CrashBoundaryProps, State> {
  override state: State = { error: null, resetKey: this.props.resetKey }

  static getDerivedStateFromError(error: unknown): Partial<State> {
    return { error }
  }

  static getDerivedStateFromProps({ resetKey }: CrashBoundaryProps, state: State): State | null {
    return resetKey === state.resetKey ? null : { error: null, resetKey }
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
