import { Link } from 'wouter'
import { shortCode } from '@/core/short-code'
import { useSession } from '@/shell/useSession'

/** A change by its code; for people who are signed in the way to its page. */
export function ChangeLink({ id }: { id: string }) {
  const session = useSession()
  const code = <code>{shortCode(id)}</code>
  return session.data ? <Link href={`/changes/${id}`}>{code}</Link> : code
}
