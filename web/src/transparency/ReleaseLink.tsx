import { Link } from 'wouter'
import { RUNTIME } from '@/proof/governance/root'
import { useRelease } from './useGovernance'

/** The way to a release, under the name that it gives itself. */
export function ReleaseLink({ id }: { id: string }) {
  const { data: release } = useRelease(id)
  const short = `r-${id.slice(0, 8)}`
  return (
    <Link href={`/transparency/release/${id}`} title={id}>
      {release ? `${release.name} (${short})` : short}
    </Link>
  )
}

/** What a channel serves: a release by its name, a program by its digest. */
export function ServedLink({ channel, id }: { channel: string; id: string }) {
  if (channel === RUNTIME) return <code title={id}>{id.slice(0, 12)}…</code>
  return <ReleaseLink id={id} />
}
