/** For tests: answers that try to run a script, to load something, to lead astray, or to bring the page down. */

import attacks from './attacks.json'

/** A text, or one that is made of many equal pieces, or of lines that go deeper and deeper. */
interface Attack {
  readonly text?: string
  readonly times?: number
  readonly before?: string
  readonly after?: string
  readonly line?: string
  readonly depths?: number
}

export const ATTACKS: readonly string[] = (attacks as readonly Attack[]).map(
  ({ text = '', times = 1, before = '', after = '', line = '', depths = 0 }) =>
    depths > 0
      ? Array.from({ length: depths }, (_, depth) => ' '.repeat(2 * depth) + line).join('\n')
      : before + text.repeat(times) + after,
)
