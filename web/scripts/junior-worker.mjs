// A plugin of the build: writes `junior-worker.js` beside the page, with the list of files that Junior needs.
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'

const PAGE = 'junior.html'
/** Of the fonts, the one of Junior; of its alphabets, the one that Junior speaks. */
const FONT = /source-sans-3-latin-wght[^/]*\.woff2$/
const ROOT_FILES = ['/junior-icon.svg', '/junior.webmanifest']

/** What a chunk needs, itself included: chunks that it imports, style sheets, fonts, pictures. */
export function filesOf(bundle, entry) {
  const found = new Set()
  const visit = (name) => {
    const chunk = bundle[name]
    if (found.has(name) || chunk === undefined || chunk.type !== 'chunk') return
    found.add(name)
    for (const more of [...chunk.imports, ...(chunk.dynamicImports ?? [])]) visit(more)
    for (const sheet of chunk.viteMetadata?.importedCss ?? []) found.add(sheet)
    for (const asset of chunk.viteMetadata?.importedAssets ?? []) found.add(asset)
  }
  visit(entry)
  return [...found].filter((name) => !name.endsWith('.woff2') || FONT.test(name)).sort()
}

export function juniorWorker(source) {
  return {
    name: 'junior-worker',
    apply: 'build',
    generateBundle: {
      order: 'post',
      handler(_options, bundle) {
        const entry = Object.values(bundle).find(
          (one) => one.type === 'chunk' && one.facadeModuleId?.endsWith(PAGE),
        )
        if (entry === undefined) throw new Error(`the build has no ${PAGE}`)
        const fonts = Object.keys(bundle).filter((name) => FONT.test(name))
        const files = [...new Set([...filesOf(bundle, entry.fileName), ...fonts])]
          .sort()
          .map((name) => `/${name}`)
        const all = [...files, ...ROOT_FILES]
        const text = readFileSync(source, 'utf8')
        const page = String(bundle[PAGE]?.source ?? '')
        const version = createHash('sha256')
          .update([text, page, ...all].join('\n'))
          .digest('hex')
          .slice(0, 12)
        this.emitFile({
          type: 'asset',
          fileName: 'junior-worker.js',
          source: text
            .replace("'%VERSION%'", JSON.stringify(version))
            .replace('const FILES = []', `const FILES = ${JSON.stringify(all)}`),
        })
      },
    },
  }
}
