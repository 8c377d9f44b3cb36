// @vitest-environment node
import { describe, expect, it } from 'vitest'
import { filesOf } from './junior-worker.mjs'

const chunk = (imports = [], more = {}) => ({ type: 'chunk', imports, dynamicImports: [], ...more })

describe('filesOf', () => {
  const bundle = {
    'assets/junior.js': chunk(['assets/react.js', 'assets/words.js'], {
      viteMetadata: {
        importedCss: new Set(['assets/junior.css']),
        importedAssets: new Set([
          'assets/source-sans-3-latin-wght-normal-x.woff2',
          'assets/source-sans-3-cyrillic-wght-normal-x.woff2',
        ]),
      },
    }),
    'assets/react.js': chunk(),
    'assets/words.js': chunk(['assets/react.js', 'assets/junior.js'], { dynamicImports: ['assets/late.js'] }),
    'assets/late.js': chunk(),
    'assets/chat.js': chunk(['assets/react.js']),
    'assets/junior.css': { type: 'asset' },
  }

  it('are all that a page needs, once, and nothing of another page', () => {
    expect(filesOf(bundle, 'assets/junior.js')).toEqual([
      'assets/junior.css',
      'assets/junior.js',
      'assets/late.js',
      'assets/react.js',
      'assets/source-sans-3-latin-wght-normal-x.woff2',
      'assets/words.js',
    ])
  })

  it('are none of an entry that is not there', () => {
    expect(filesOf(bundle, 'assets/none.js')).toEqual([])
  })
})
