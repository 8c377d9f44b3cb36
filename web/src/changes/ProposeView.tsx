import { useMutation } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Link, useLocation, useSearch } from 'wouter'
import type { DraftBody } from '@/core/wire'
import type { State } from '@/proof/governance/state'
import type { Release } from '@/proof/prompt/release'
import { discardDraft } from '@/signing/draft-calls'
import { Problem } from '@/signing/Problem'
import { ReleaseLink } from '@/transparency/ReleaseLink'
import { channelNames } from '@/transparency/story'
import { useRelease } from '@/transparency/useGovernance'
import { Button } from '@/ui/Button'
import { Choice } from '@/ui/Choice'
import { Select, TextArea } from '@/ui/Field'
import { Loading } from '@/ui/States'
import styles from './Changes.module.css'
import { makeDraft } from './change-calls'
import { ManifestForm } from './ManifestForm'
import { edited, type Value } from './manifest'
import { ProposedDraft } from './ProposedDraft'

/** The way to a proposal: say what should be another and why, look at every difference, sign. */
export function ProposeView({ state }: { state: State }) {
  const { t } = useTranslation('changes')
  const names = channelNames(state)
  const search = new URLSearchParams(useSearch())
  const asked = search.get('channel')
  const given = search.get('release')
  const isGiven = given !== null && DIGEST.test(given)
  const [channel, setChannel] = useState(names.find((name) => name === asked) ?? names[0] ?? '')
  const head = state.channels.get(channel)?.serving?.release ?? null
  const { data: release, isPending } = useRelease(head)
  return (
    <>
      <p>
        <Link href="/changes">{t('back.all')}</Link>
      </p>
      <Select
        label={t('propose.channel')}
        value={channel}
        onChange={(event) => setChannel(event.target.value)}
      >
        {names.map((name) => (
          <option key={name}>{name}</option>
        ))}
      </Select>
      {head !== null && isPending ? (
        <Loading />
      ) : (
        <Proposal
          key={channel}
          channel={channel}
          head={release ?? null}
          given={isGiven && channel === asked ? given : null}
        />
      )}
    </>
  )
}

const DIGEST = /^[0-9a-f]{64}$/

type Way = 'form' | 'toml' | 'release'

function Proposal({
  channel,
  head,
  given,
}: {
  channel: string
  head: Release | null
  /** A release to propose as it is; null for none. */
  given: string | null
}) {
  const { t } = useTranslation('changes')
  const [, navigate] = useLocation()
  const [way, setWay] = useState<Way>(given !== null ? 'release' : head === null ? 'toml' : 'form')
  const [edits, setEdits] = useState<ReadonlyMap<string, Value>>(new Map())
  const [toml, setToml] = useState('')
  const [reason, setReason] = useState('')
  const [draft, setDraft] = useState<DraftBody | null>(null)
  const make = useMutation({
    mutationFn: () =>
      makeDraft({
        kind: 'change',
        channel,
        reason: reason.trim(),
        ...contentOf(way, { head, edits, toml, given }),
      }),
    onSuccess: setDraft,
  })
  if (draft !== null) {
    const back = () => {
      void discardDraft(draft.id).catch(() => {})
      setDraft(null)
    }
    return (
      <ProposedDraft
        draft={draft}
        base={head}
        onBack={back}
        onDone={() => navigate(`/changes/${draft.id}`)}
      />
    )
  }
  const submit = (event: FormEvent) => {
    event.preventDefault()
    make.mutate()
  }
  return (
    <form className={styles['stack']} onSubmit={submit}>
      {(head !== null || given !== null) && (
        <Choice
          label={t('propose.way')}
          value={way}
          options={WAYS.filter((one) => one === 'toml' || (one === 'form' ? head : given) !== null).map(
            (value) => ({ value, label: t(`propose.${value}`) }),
          )}
          onChange={setWay}
        />
      )}
      {way === 'release' && given !== null && (
        <p>
          {t('propose.asIs')} <ReleaseLink id={given} />
        </p>
      )}
      {way === 'form' && head !== null && (
        <ManifestForm manifest={head.source} edits={edits} onEdit={setEdits} />
      )}
      {way === 'toml' && (
        <TextArea
          label={t('propose.manifest')}
          hint={t('propose.manifestHint')}
          rows={20}
          required
          spellCheck={false}
          className={styles['code']}
          value={toml}
          onChange={(event) => setToml(event.target.value)}
        />
      )}
      <TextArea
        label={t('propose.reason')}
        hint={t('propose.reasonHint')}
        rows={3}
        required
        maxLength={4000}
        value={reason}
        onChange={(event) => setReason(event.target.value)}
      />
      {make.error !== null && <Problem error={make.error} />}
      <div>
        <Button type="submit" kind="primary" isBusy={make.isPending}>
          {t('propose.look')}
        </Button>
      </div>
    </form>
  )
}

const WAYS: readonly Way[] = ['form', 'toml', 'release']

interface Filled {
  readonly head: Release | null
  readonly edits: ReadonlyMap<string, Value>
  readonly toml: string
  readonly given: string | null
}

/** What the candidate is made of, in the words of the call. */
function contentOf(way: Way, { head, edits, toml, given }: Filled) {
  if (way === 'release' && given !== null) return { release: given }
  return way === 'form' && head !== null ? { manifest: edited(head.source, edits) } : { toml }
}
