import { useExplain } from '@/ui/errors'
import { Notice } from './Notice'

/** Something of the list could not be read; it is tried again as soon as it is looked at. */
export function ErrorNotice({ error }: { error: unknown }) {
  const said = useExplain()(error)
  return (
    <Notice kind="problem">
      <p>{said.message}</p>
      {said.hint !== '' && <p>{said.hint}</p>}
    </Notice>
  )
}
