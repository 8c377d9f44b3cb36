import { isApple } from '@/core/commands'
import { preferences } from '@/core/preferences'

/** Safari ends a composition before it says which key ended it; the key then has this number. */
const COMPOSING = 229

/**
 * Whether a key press in a field sends what stands there: Enter without Shift, or, where the person
 * prefers it, Enter with the main modifier. Keys that belong to an input method never do: Chinese is
 * written with Enter.
 */
export function isSendKey(event: KeyboardEvent, sendKey = preferences.getState().sendKey): boolean {
  if (event.key !== 'Enter' || event.isComposing || event.keyCode === COMPOSING) return false
  const mod = isApple() ? event.metaKey : event.ctrlKey
  if (sendKey === 'mod_enter') return mod
  return !event.shiftKey && !event.altKey
}
