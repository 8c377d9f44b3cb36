import { cleanup, configure } from '@testing-library/react'
import { afterEach } from 'vitest'

// A page's chunk is compiled when a test first asks for it, which takes its time on a busy machine.
configure({ asyncUtilTimeout: 10_000 })

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
