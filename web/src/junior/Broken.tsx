import { Component, type ReactNode } from 'react'
import { Translation } from 'react-i18next'

/** A defect ends here, with the way to begin again. */
export class Broken extends Component<{ children: ReactNode }, { isBroken: boolean }> {
  override state = { isBroken: false }

  static getDerivedStateFromError() {
    return { isBroken: true }
  }

  override render() {
    if (!this.state.isBroken) return this.props.children
    return (
      <Translation ns="junior">
        {(t) => (
          <main className="scene">
            <div className="card">
              <h1>{t('trouble.failed')}</h1>
              <button type="button" className="wide" onClick={() => window.location.reload()}>
                {t('again')}
              </button>
            </div>
          </main>
        )}
      </Translation>
    )
  }
}
