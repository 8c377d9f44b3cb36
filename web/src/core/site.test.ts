// @vitest-environment node
import { describe, expect, it } from 'vitest'
import { fingerprintFile, groupsOf } from './site'
import type { SiteBody } from './wire'

const PRINT = 'c387417df2b660b343d7619e7fd9c450bd480d7cff5e1a3dc24fe538a43d4d21'

describe('the fingerprint', () => {
  it('is shown in eight groups and loses nothing', () => {
    expect(groupsOf(PRINT)).toHaveLength(8)
    expect(groupsOf(PRINT).join('')).toBe(PRINT)
    expect(groupsOf('')).toEqual([])
  })

  it('stands whole in the file that is kept', () => {
    const text = fingerprintFile({ name: 'home', fingerprint: PRINT } as SiteBody, 'http://localhost:8420', 0)
    expect(text).toContain(`\n${PRINT}\n`)
    expect(text).toContain('1970-01-01')
    expect(text).toContain('http://localhost:8420')
  })
})
