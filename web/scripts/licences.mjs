// Part of the build: writes licences.txt, the notices of every package that is built into the page.
//
// * What counts is what was built in, not what is installed: a tool of the build needs no notice.
// * Each must stand in package-lock.json with the version that was built in, and under a licence that fits ours;
//   anything else ends the build.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const FITTING = [
  'MIT',
  'ISC',
  'BSD-2-Clause',
  'BSD-3-Clause',
  '0BSD',
  'Apache-2.0',
  'OFL-1.1',
  'CC0-1.0',
  'Unlicense',
]
const NOTICE = /^(licen[cs]e|copying|notice)([.-].*)?$/i
const HEAD = `Verax is under the Apache License 2.0. Its web app is built from these packages of others,
each under the licence that follows its name.
`

/** The folder of the package that a file of the build comes from, null where it is ours. */
export function packageFolder(file) {
  const path = file.replaceAll('\\', '/').replace(/^\0/, '').split('?', 1)[0]
  const at = path.lastIndexOf('/node_modules/')
  if (at < 0) return null
  const [first, second] = path.slice(at + '/node_modules/'.length).split('/')
  return path.slice(0, at + '/node_modules/'.length) + (first.startsWith('@') ? `${first}/${second}` : first)
}

/** The notice of one package; throws where it is not in the lock, or its licence does not fit. */
export function noticeOf(folder, lock) {
  const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  const place = folder.slice(folder.indexOf('/node_modules/') + 1)
  const locked = lock.packages[place]?.version
  if (locked !== version)
    throw new Error(`${name}: built in is ${version}, package-lock.json has ${locked ?? 'none'}`)
  const choices = String(license).replace(/[()]/g, '').split(' OR ')
  if (!choices.some((one) => FITTING.includes(one)))
    throw new Error(`${name}: its licence ${license} does not fit`)
  const texts = readdirSync(folder)
    .filter((file) => NOTICE.test(file))
    .sort()
    .map((file) => readFileSync(join(folder, file), 'utf8').trim())
  return { name, version, license, text: texts.join('\n\n') }
}

/** The plugin for Vite. */
export function licences(root) {
  return {
    name: 'licences',
    apply: 'build',
    generateBundle(_, bundle) {
      const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'))
      const files = Object.values(bundle).flatMap((part) =>
        part.type === 'chunk' ? part.moduleIds : part.originalFileNames.map((name) => join(root, name)),
      )
      const folders = [...new Set(files.map(packageFolder))].filter(
        (folder) => folder !== null && existsSync(folder),
      )
      const notices = folders.map((folder) => noticeOf(folder, lock))
      notices.sort((a, b) => (a.name < b.name ? -1 : 1))
      const line = '-'.repeat(80)
      const parts = notices.map(
        (one) => `${line}\n${one.name} ${one.version} (${one.license})\n\n${one.text}\n`,
      )
      this.emitFile({ type: 'asset', fileName: 'licences.txt', source: [HEAD, ...parts].join('\n') })
    },
  }
}
