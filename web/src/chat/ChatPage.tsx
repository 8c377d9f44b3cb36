import { useQuery } from '@tanstack/react-query'
import { requestJson } from '@/core/api'
import { ErrorState, Loading } from '@/ui/States'

/** The chat. */
export default function ChatPage() {
  const site = useQuery({
    queryKey: ['site'],
    queryFn: () => requestJson<{ name: string }>('/v1/governance/state'),
  })
  if (site.isPending) return <Loading />
  if (site.isError) return <ErrorState error={site.error} onRetry={() => void site.refetch()} />
  return <main>{site.data.name}</main>
}
