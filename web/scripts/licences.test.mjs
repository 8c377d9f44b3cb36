// @vitest-environment node
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { noticeOf, packageFolder } from './licences.mjs'

const made = []

function madePackage(license, files = { LICENSE: 'Copyright of somebody' }) {
  const root = mkdtempSync(join(tmpdir(), 'licences-'))
  made.push(root)
  const folder = join(root, 'node_modules', 'part')
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: 'part', version: '1.2.3', license }))
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)
  return folder
}

const lockOf = (version) => ({ packages: { 'node_modules/part': { version } } })

afterEach(() => {
  for (const folder of made.splice(0)) rmSync(folder, { recursive: true })
})

describe('packageFolder', () => {
  it('finds the innermost package, scoped or not, and leaves our own files out', () => {
    expect(packageFolder('/w/node_modules/react/index.js')).toBe('/w/node_modules/react')
    expect(packageFolder('/w/node_modules/@a/b/node_modules/c/x.js?v=1')).toBe(
      '/w/node_modules/@a/b/node_modules/c',
    )
    expect(packageFolder('/w/node_modules/@a/b/files/x.woff2')).toBe('/w/node_modules/@a/b')
    expect(packageFolder('/w/src/main.tsx')).toBeNull()
  })
})

describe('noticeOf', () => {
  it('holds name, version, licence and every notice', () => {
    const folder = madePackage('MIT', {
      'LICENSE.md': 'the licence',
      NOTICE: 'the notice',
      'README.md': 'no',
    })
    const notice = noticeOf(folder, lockOf('1.2.3'))
    expect(notice).toEqual({
      name: 'part',
      version: '1.2.3',
      license: 'MIT',
      text: 'the licence\n\nthe notice',
    })
  })

  it('takes one fitting licence of several', () => {
    expect(noticeOf(madePackage('(GPL-3.0 OR MIT)'), lockOf('1.2.3')).license).toBe('(GPL-3.0 OR MIT)')
  })

  it('ends the build for a licence that does not fit, and for what the lock does not hold', () => {
    expect(() => noticeOf(madePackage('AGPL-3.0'), lockOf('1.2.3'))).toThrow(/does not fit/)
    expect(() => noticeOf(madePackage('MIT'), lockOf('1.2.4'))).toThrow(/package-lock.json has 1.2.4/)
    expect(() => noticeOf(madePackage('MIT'), { packages: {} })).toThrow(/has none/)
  })
})
