import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import type { JsonObject } from '@/proof/canonical'
import { parseRoot, personsOf, ROLES } from '@/proof/governance/root'
import { FULL, NONE, type Statement } from '@/proof/governance/statement'
import { Digest } from '@/ui/Copy'
import type { ReadDraft } from './draft'
import styles from './Signing.module.css'

/** What a draft's statement says, fact by fact, in words. */
export function StatementFacts({ read }: { read: ReadDraft }) {
  const { t } = useTranslation('signing')
  const { statement, reason } = read
  const channel = 'channel' in statement ? statement.channel : null
  return (
    <dl className={styles['facts']}>
      <Fact name={t('fact.does')}>{useDeed(statement)}</Fact>
      {channel !== null && (
        <Fact name={t('fact.channel')}>
          <code>{channel}</code>
        </Fact>
      )}
      <Targets statement={statement} />
      {reason !== null && (
        <Fact name={t('fact.reason')}>
          <span dir="auto" className={styles['reason']}>
            {reason}
          </span>
        </Fact>
      )}
    </dl>
  )
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  )
}

/** The deed in one sentence. */
function useDeed(statement: Statement): string {
  const { t } = useTranslation('signing')
  switch (statement.kind) {
    case 'root':
      return t('does.root', { version: Number(statement.document['version']) })
    case 'review':
      return t(`does.${statement.verdict}`)
    case 'move': {
      const isPart = statement.share_bp > 0 && statement.share_bp < FULL
      return isPart ? t('does.canary', { share: statement.share_bp / 100 }) : t(`does.${statement.act}`)
    }
    case 'change':
    case 'gate':
    case 'alarm':
      return t(`does.${statement.kind}`)
    default:
      return statement satisfies never
  }
}

/** What the statement is about: releases and changes by their digests, of a root document its people and demands. */
function Targets({ statement }: { statement: Statement }) {
  const { t } = useTranslation('signing')
  switch (statement.kind) {
    case 'root':
      return <RootFacts document={statement.document} />
    case 'change':
      return (
        <>
          <DigestFact name={t('fact.from')} value={statement.base} />
          <DigestFact name={t('fact.to')} value={statement.subject} />
        </>
      )
    case 'review':
      return (
        <>
          <DigestFact name={t('fact.change')} value={statement.subject} />
          <DigestFact name={t('fact.candidate')} value={statement.candidate} />
          {statement.unban.length > 0 && (
            <Fact name={t('fact.unban')}>
              <p>{t('fact.unbanned', { count: statement.unban.length })}</p>
              {statement.unban.map((ban) => (
                <p key={ban}>
                  <Digest value={ban} />
                </p>
              ))}
            </Fact>
          )}
        </>
      )
    case 'move':
      return (
        <>
          <DigestFact name={t('fact.change')} value={statement.change} />
          <DigestFact name={t('fact.from')} value={statement.from} />
          <DigestFact name={t('fact.to')} value={statement.to} />
        </>
      )
    case 'gate':
    case 'alarm':
      return <DigestFact name={t('fact.about')} value={statement.subject} />
    default:
      return statement satisfies never
  }
}

function DigestFact({ name, value }: { name: string; value: string }) {
  if (value === NONE) return null
  return (
    <Fact name={name}>
      <Digest value={value} />
    </Fact>
  )
}

function RootFacts({ document }: { document: JsonObject }) {
  const { t } = useTranslation('signing')
  const root = parseRoot(document)
  return (
    <>
      <Fact name={t('fact.mode')}>{t(root.solo ? 'fact.solo' : 'fact.quorum')}</Fact>
      {ROLES.map((role) => {
        const persons = [...personsOf(root, role)].sort()
        if (persons.length === 0) return null
        return (
          <Fact key={role} name={t(`role.${role}`)}>
            {t('fact.persons', { persons: persons.join(', '), count: root.roles[role].threshold })}
          </Fact>
        )
      })}
      {[...root.channels.values()].map(({ name, approvals, gates }) => (
        <Fact key={name} name={name}>
          <p>{t('fact.approvals', { count: approvals })}</p>
          <p>{t('fact.gates', { count: gates.length })}</p>
        </Fact>
      ))}
    </>
  )
}
