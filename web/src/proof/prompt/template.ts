/**
 * Prompt templates: the allow-list of syntax, and the wording of every way through one (clauses 7 and 8).
 *
 * A subset of Jinja: text, comments, `{{ name }}`, `{{ "text" }}`, the filters `upper lower trim` and `join`
 * over a list, `if / elif / else` over names, literals, `== !=` and `and or not`, and `for item in list`.
 * Everything else is refused.
 */

import { need } from '../refused'
import { type Condition, type Part, parseTemplate } from './template-syntax'

const MAX_RENDERINGS = 1_024
const MAX_RENDERINGS_CHARS = 1_000_000

/** What a release declares of one variable; `choices` are the legal values of an enum. */
export interface Variable {
  type: 'text' | 'enum' | 'number' | 'date' | 'flag' | 'list'
  source: string
  choices?: string[] | undefined
}
export type Variables = ReadonlyMap<string, Variable>

/** A piece of a way through a template; the text of a variable that is no enum is not known here. */
export interface Piece {
  by: string
  text: string
}

/** Return the wording of every way through a template. Text of variables is left out, except choices of enums. */
export function renderings(template: string, variables: Variables): string[] {
  return [...new Set(waysThrough(template, variables).map((way) => way.map((piece) => piece.text).join('')))]
}

/** Return every way through a template. Each condition goes both ways; each loop runs zero times, once and twice. */
export function waysThrough(template: string, variables: Variables): Piece[][] {
  const parts = parseTemplate(template)
  checkUse(parts, new Map([...variables].map(([name, { type }]) => [name, type as string])))
  return expand(parts, variables, [{ pieces: [], choices: new Map() }]).map((path) => path.pieces)
}

function checkUse(parts: readonly Part[], types: ReadonlyMap<string, string>): void {
  for (const part of parts) {
    switch (part.kind) {
      case 'text':
        break
      case 'print': {
        const type = typeOf(part.name, types)
        const isPrintable = (type === 'list') === (part.separator !== null) && type !== 'flag'
        need(isPrintable, 'release/malformed', `The template cannot print ${part.name} so.`)
        break
      }
      case 'if':
        for (const branch of part.branches) {
          checkCondition(branch.condition, types)
          checkUse(branch.body, types)
        }
        checkUse(part.otherwise, types)
        break
      case 'loop':
        need(
          typeOf(part.source, types) === 'list',
          'release/malformed',
          'A loop of the template runs over no list.',
        )
        need(!types.has(part.item), 'release/malformed', `The name ${part.item} is taken in the template.`)
        checkUse(part.body, new Map([...types, [part.item, 'text']]))
        checkUse(part.otherwise, types)
        break
      default:
        part satisfies never
    }
  }
}

function checkCondition(condition: Condition, types: ReadonlyMap<string, string>): void {
  if (condition.kind === 'name') typeOf(condition.name, types)
  else if (condition.kind === 'not') checkCondition(condition.inner, types)
  else if (condition.kind === 'pair') {
    checkCondition(condition.left, types)
    checkCondition(condition.right, types)
  }
}

function typeOf(name: string, types: ReadonlyMap<string, string>): string {
  const type = types.get(name)
  need(type, 'release/malformed', `The template uses ${name}, which is not declared.`)
  return type
}

/** One way through a template, and the enum choices made on it. */
interface Path {
  pieces: Piece[]
  choices: ReadonlyMap<string, string>
}

function expand(parts: readonly Part[], variables: Variables, start: Path[]): Path[] {
  let paths = start
  for (const part of parts) {
    paths = expandPart(part, variables, paths)
    const isBounded = paths.length <= MAX_RENDERINGS && lengthOf(paths) <= MAX_RENDERINGS_CHARS
    need(isBounded, 'release/malformed', 'There are too many ways through the template.')
  }
  return paths
}

function lengthOf(paths: readonly Path[]): number {
  return paths.reduce((sum, path) => path.pieces.reduce((inner, piece) => inner + piece.text.length, sum), 0)
}

function expandPart(part: Part, variables: Variables, paths: Path[]): Path[] {
  switch (part.kind) {
    case 'text':
      return paths.map((path) => extend(path, { by: 'release', text: part.text }))
    case 'print':
      return expandPrint(part, variables, paths)
    case 'if':
      return [...part.branches.map((branch) => branch.body), part.otherwise].flatMap((body) =>
        expand(body, variables, paths),
      )
    case 'loop': {
      const once = expand(part.body, variables, paths)
      return [...expand(part.otherwise, variables, paths), ...once, ...expand(part.body, variables, once)]
    }
    default:
      return part satisfies never
  }
}

function expandPrint(
  { name, separator }: Part & { kind: 'print' },
  variables: Variables,
  paths: Path[],
): Path[] {
  if (separator !== null)
    return paths.flatMap((path) => [path, extend(path, { by: 'release', text: separator })])
  const variable = variables.get(name)
  const by = authorOf(variable)
  const { choices = [] } = variable ?? {}
  if (choices.length === 0) return paths.map((path) => extend(path, { by, text: '' }))
  return paths.flatMap((path) => {
    const made = path.choices.get(name)
    const options = made === undefined ? choices : [made]
    return options.map((text) => ({
      ...extend(path, { by, text }),
      choices: new Map([...path.choices, [name, text]]),
    }))
  })
}

/** What configuration supplies is the operator's, "app". */
function authorOf(variable: Variable | undefined): string {
  return variable === undefined || variable.source === 'config' ? 'app' : variable.source
}

function extend(path: Path, piece: Piece): Path {
  return { ...path, pieces: [...path.pieces, piece] }
}
