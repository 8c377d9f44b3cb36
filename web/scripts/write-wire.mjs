// Writes src/core/wire.ts from the server's OpenAPI document: `node scripts/write-wire.mjs openapi.json`.
// With --check it only says whether the file is current (exit 1 when it is not).
import { readFileSync, writeFileSync } from 'node:fs'
import { compile } from 'json-schema-to-typescript'

const [source, mode] = process.argv.slice(2)
if (source === undefined) {
  console.error('usage: node scripts/write-wire.mjs openapi.json [--check]')
  process.exit(2)
}
const target = new URL('../src/core/wire.ts', import.meta.url)

// The last segment of a reference is the type's name; the compiler looks below $defs.
const text = readFileSync(source, 'utf8').replaceAll('#/components/schemas/', '#/$defs/')
const schemas = JSON.parse(text).components.schemas
for (const schema of Object.values(schemas)) dropTitles(schema)

// Titles would name a type a second time; descriptions stay and become comments.
function dropTitles(node) {
  if (Array.isArray(node)) return node.forEach(dropTitles)
  if (typeof node !== 'object' || node === null) return
  if (typeof node.title === 'string') delete node.title
  delete node.discriminator
  Object.values(node).forEach(dropTitles)
}

const names = Object.keys(schemas).sort()
const root = {
  $defs: schemas,
  type: 'object',
  additionalProperties: false,
  required: names,
  properties: Object.fromEntries(names.map((name) => [name, { $ref: `#/$defs/${name}` }])),
}
const types = await compile(root, 'Wire', {
  additionalProperties: false,
  bannerComment:
    '/* Written by scripts/write-wire.mjs from the server. Run `make wire` after a change of the API. */',
  enableConstEnums: false,
  ignoreMinAndMaxItems: true,
  unknownAny: true,
  style: { semi: false, singleQuote: true, printWidth: 110 },
})

if (mode === '--check') {
  const current = readFileSync(target, 'utf8')
  if (current !== types) {
    console.error('web/src/core/wire.ts is not what the server says; run "make wire"')
    process.exit(1)
  }
} else {
  writeFileSync(target, types)
}
