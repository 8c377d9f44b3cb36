/**
 * The wording of a release as bans see it (clause 8): every way through its prompt template, each followed by
 * all its other texts, in one string, so that a sentence spread over several of them is still whole.
 */

import { retrying } from '@/core/chunks'
import type { Bytes } from '../bytes'
import { fileTexts, parseRelease, passageTexts, type Release } from '../prompt/release'
import { renderings } from '../prompt/template'

/** Return the joined wording of a release, once for each way through its template. */
export async function wordingOf(data: Bytes): Promise<readonly string[]> {
  const { systems, rest } = await partsOf(data)
  return systems.map((text) => text + rest.join(''))
}

/**
 * Return the texts whose sentences a rollback bans: the joined wording, and each text for itself. A sentence at the
 * end of a text runs on into the next one where they are joined; banned only with it, it could come back elsewhere.
 */
export async function sourcesOf(data: Bytes): Promise<readonly string[]> {
  const { systems, rest } = await partsOf(data)
  return [...systems.map((text) => text + rest.join('')), ...systems, ...rest]
}

async function partsOf(data: Bytes): Promise<{ systems: readonly string[]; rest: readonly string[] }> {
  const release = parseRelease(data)
  return {
    systems: renderings(release.prompt.system, release.prompt.variables),
    rest: [...textsOf(release), ...(await chatTexts(release))],
  }
}

function textsOf(release: Release): string[] {
  const { prompt, tools, truth } = release
  const choices = [...prompt.variables]
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([, { choices: all }]) => all ?? [])
  return [
    prompt.separator,
    prompt.app_head,
    prompt.app_tail,
    ...choices.flat(),
    tools.head,
    tools.tail,
    tools.call_head,
    tools.call_tail,
    tools.result_head,
    tools.result_tail,
    ...fileTexts(release),
    ...passageTexts(release),
    truth.not_found ?? '',
    ...prompt.examples.map((example) => example.text),
  ]
}

/** Of a chat template only its literals count. */
async function chatTexts({ model }: Release): Promise<string[]> {
  if (model.backend === 'remote' || !model.chat_template) return []
  const { literalsOf } = await retrying(() => import('../prompt/chat-template'))
  return literalsOf(model.chat_template)
}
