import { describe, expect, it } from 'vitest'
import { addressOf, otherSiteIn } from './links'

describe('addressOf', () => {
  it.each(['https://example.org/', 'HTTP://example.org', 'mailto:ann@example.org'])('follows %s', (href) => {
    expect(addressOf(href)).not.toBeNull()
  })

  it.each([
    'javascript:alert(1)',
    'JAVASCRIPT:alert(1)',
    ' javascript:alert(1)',
    'java\nscript:alert(1)',
    'data:text/html,x',
    'vbscript:x',
    'file:///etc/passwd',
    'blob:https://example.org/1',
    'ftp://example.org',
    '/v1/session',
    '//example.org',
    'example.org',
    '',
  ])('does not follow %j', (href) => {
    expect(addressOf(href)).toBeNull()
  })
})

describe('otherSiteIn', () => {
  const url = new URL('https://www.example.org/a')

  it.each(['example.org', 'https://www.example.org/x', 'see here', 'a'])(
    'finds nothing wrong with %j',
    (text) => {
      expect(otherSiteIn(text, url)).toBeNull()
    },
  )

  it('finds the site that a text pretends to lead to', () => {
    expect(otherSiteIn('https://good.example/login', url)).toBe('good.example')
    expect(otherSiteIn('good.example', new URL('https://good.example@evil.example/'))).toBe('good.example')
    expect(otherSiteIn('example.org', new URL('https://example.org.evil.example/'))).toBe('example.org')
  })
})
