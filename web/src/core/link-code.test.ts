import { beforeEach, describe, expect, it, vi } from 'vitest'
import { codeOf, onLinkCode, spendLinkCode, takeLinkCode } from './link-code'

const CODE = 'NX-wIivmbrHsknbFiQ-oGdaIgmxzxMi_'

beforeEach(() => {
  window.history.replaceState(null, '', '/')
  spendLinkCode()
})

describe('the code of a one-time link', () => {
  it('leaves the address at once and is handed over once', () => {
    window.history.replaceState(null, '', `/welcome#${CODE}`)
    takeLinkCode()
    expect(window.location.href).not.toContain(CODE)
    expect(window.location.pathname).toBe('/welcome')
    expect(spendLinkCode()).toBe(CODE)
    expect(spendLinkCode()).toBe('')
  })

  it('is only looked for where links lead', () => {
    window.history.replaceState(null, '', '/transparency#heads')
    takeLinkCode()
    expect(window.location.hash).toBe('#heads')
    expect(spendLinkCode()).toBe('')
  })

  it('is heard in a page that is open already', () => {
    const heard = vi.fn()
    window.history.replaceState(null, '', '/welcome')
    const stop = onLinkCode(heard)
    window.history.replaceState(null, '', `/welcome#${CODE}`)
    window.dispatchEvent(new Event('hashchange'))
    expect(heard).toHaveBeenCalledTimes(1)
    expect(window.location.hash).toBe('')
    stop()
  })
})

describe('codeOf', () => {
  it('takes a whole link or the code alone', () => {
    expect(codeOf(` http://localhost:8420/welcome#${CODE} `)).toBe(CODE)
    expect(codeOf(CODE)).toBe(CODE)
  })

  it.each(['', 'http://localhost:8420/', 'owner', 'mnf3-v98d 45m8', '#', `${CODE}<script>`])(
    'refuses %j',
    (text) => {
      expect(codeOf(text)).toBe('')
    },
  )
})
