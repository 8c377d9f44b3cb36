import { Link } from 'wouter'
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
