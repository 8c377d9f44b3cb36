import { useTranslation } from 'react-i18next'
import type { Outcome, State } from '@/proof/governance/state'
import type { Move } from '@/proof/governance/statement'
import { ServedLink } from './ReleaseLink'
import { channelOf } from './story'

/** What one entry of the log says, as a sentence. */
export function EntrySentence({ outcome, state }: { outcome: Outcome; state: State }) {
  const { t } = useTranslation('transparency')
  const { statement } = outcome
  const persons = outcome.signers.join(', ') || t('sentence.nobody')
  const channel = channelOf(outcome, state) ?? ''
  switch (statement?.kind) {
    case undefined:
      return <>{t('sentence.unreadable')}</>
    case 'root':
      return <>{t('sentence.root', { persons, version: Number(statement.document['version']) })}</>
    case 'change':
      return (
        <>
          {t('sentence.change', { persons, channel })} <ServedLink channel={channel} id={statement.subject} />
        </>
      )
    case 'review':
      return (
        <>
          {t(`sentence.${statement.verdict}`, { persons, channel })}{' '}
          <ServedLink channel={channel} id={statement.candidate} />
          {statement.unban.length > 0 && <> {t('sentence.unban', { count: statement.unban.length })}</>}
        </>
      )
    case 'gate': {
      const candidate = state.changes.get(statement.subject)?.candidate
      const words = statement.passed ? 'sentence.passed' : 'sentence.failed'
      return (
        <>
          {t(words, { suite: statement.suite, n: statement.n, channel })}{' '}
          {candidate && <ServedLink channel={channel} id={candidate} />}
        </>
      )
    }
    case 'move':
      return <MoveSentence move={statement} persons={persons} />
    case 'alarm':
      return <>{t('sentence.alarm', { code: statement.code, count: statement.count, channel })}</>
    default:
      return statement satisfies never
  }
}

function MoveSentence({ move, persons }: { move: Move; persons: string }) {
  const { t } = useTranslation('transparency')
  const { channel, act, share_bp } = move
  const share = share_bp / 100
  const id = act === 'rollback' || act === 'freeze' ? move.from : move.to
  const words = (act === 'admit' || act === 'step') && share < 100 ? 'trial' : act
  return (
    <>
      {t(`sentence.${words}`, { persons, channel, share })} <ServedLink channel={channel} id={id} />
    </>
  )
}
