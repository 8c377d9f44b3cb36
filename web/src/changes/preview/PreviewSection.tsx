import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import type { ChangeState } from '@/proof/governance/state'
import { NONE } from '@/proof/governance/statement'
import { keys } from '@/queries'
import { useSession } from '@/shell/useSession'
import { Problem } from '@/signing/Problem'
import { Section } from '@/ui/Section'
import { Loading } from '@/ui/States'
import { PromptsBeforeAfter } from './PromptsBeforeAfter'
import { readPreview } from './preview-calls'
import { RepliesSideBySide } from './RepliesSideBySide'

/** Roles of accounts to which the server opens previews (clause 6). */
const PREVIEWING: readonly string[] = ['owner', 'author', 'reviewer', 'operator', 'auditor']

/** What reviewers look at before they say something: prompts before and after, and replies of both releases. */
export function PreviewSection({ change, isOpen }: { change: ChangeState; isOpen: boolean }) {
  const { t } = useTranslation('changes')
  const roles = useSession().data?.roles ?? []
  const maySee = roles.some((role) => PREVIEWING.includes(role))
  const { data, error } = useQuery({
    queryKey: keys.preview(change.id),
    queryFn: ({ signal }) => readPreview(change.id, signal),
    enabled: maySee,
    // Only the date in a prompt ever changes.
    staleTime: Number.POSITIVE_INFINITY,
  })
  if (!maySee) return null
  return (
    <Section title={t('preview.title')} hint={t('preview.hint')}>
      {error !== null && <Problem error={error} />}
      {error === null && data === undefined && <Loading />}
      {data !== undefined && (
        <>
          <PromptsBeforeAfter preview={data} />
          <RepliesSideBySide
            change={change.id}
            isOpen={isOpen}
            hasBase={change.base !== NONE}
            fixed={data.questions.map(({ text }) => text)}
          />
        </>
      )}
    </Section>
  )
}
