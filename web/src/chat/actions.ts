import { createContext } from 'react'
import type { Message } from '@/core/wire'

/** What lines of the list can ask of the page. They never change while a conversation is shown. */
export interface ChatActionsValue {
  /** Asks for another answer to the message `parentId`, which stands above `depth`. */
  readonly retry: (parentId: string, depth: number) => void
  /** Writes into the composer and goes there; what stands there stays. */
  readonly fillComposer: (text: string) => void
  readonly resend: () => void
  /** Takes what was not sent back into the composer. */
  readonly takeBack: () => void
  readonly beginEdit: (message: Message) => void
  readonly endEdit: () => void
  readonly edit: (message: Message, text: string) => void
}

export const ChatActions = createContext<ChatActionsValue>({
  retry: () => {},
  fillComposer: () => {},
  resend: () => {},
  takeBack: () => {},
  beginEdit: () => {},
  endEdit: () => {},
  edit: () => {},
})
