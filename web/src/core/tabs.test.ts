import { describe, expect, it } from 'vitest'
import { onTabMessage, type TabMessage, tellTabs } from './tabs'

describe('onTabMessage', () => {
  it('hears other tabs, not itself, and nothing that it does not know', async () => {
    const heard: TabMessage[] = []
    const stop = onTabMessage((message) => heard.push(message))
    const other = new BroadcastChannel('verax')
    const told = new Promise((resolve) => other.addEventListener('message', resolve, { once: true }))
    tellTabs({ type: 'conversations' })
    await told
    other.postMessage({ type: 'something else' })
    other.postMessage('text')
    other.postMessage({ type: 'session', userId: 'u1' })
    await expect.poll(() => heard).toEqual([{ type: 'session', userId: 'u1' }])
    stop()
    other.close()
  })
})
