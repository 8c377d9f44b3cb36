import { cleanup } from '@testing-library/react'
import { afterEach } from 'vitest'

// What jsdom lacks and components ask for.
class Observer implements ResizeObserver {
  disconnect(): void {}
  observe(): void {}
  unobserve(): void {}
}
if (typeof window !== 'undefined') {
  globalThis.ResizeObserver ??= Observer
  Element.prototype.scrollTo ??= () => {}
  Element.prototype.scrollIntoView ??= () => {}
  window.matchMedia ??= (query: string) =>
    Object.assign(new EventTarget(), {
      matches: false,
      media: query,
      onchange: null,
      addListener: () => {},
      removeListener: () => {},
    })
  afterEach(cleanup)
}
