/** What jsdom does not do: give elements a size. A list that draws only what is in view needs one. */

import { vi } from 'vitest'

/** Gives every element the size of a screen, and lines of the list a height, until the test ends. */
export function giveSizes(width = 800, height = 600, line = 60): void {
  vi.spyOn(HTMLElement.prototype, 'clientWidth', 'get').mockReturnValue(width)
  vi.spyOn(HTMLElement.prototype, 'clientHeight', 'get').mockReturnValue(height)
  vi.spyOn(HTMLElement.prototype, 'offsetHeight', 'get').mockReturnValue(line)
}
