import { Page } from '@/shell/Page'

/** The chat. */
export default function ChatPage() {
  return <Page title="">{null}</Page>
}
