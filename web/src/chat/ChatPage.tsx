import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useLocation, useParams } from 'wouter'
import { preferences } from '@/core/preferences'
import { Page } from '@/shell/Page'
import { ChannelPicker } from './ChannelPicker'
import { Chat } from './Chat'
import { LeavingDialog } from './markdown/LeavingDialog'
import { useChannels } from './useChannels'
import { useConversation, useConversationState, useTitle } from './useConversation'

/** The chat. */
export default function ChatPage() {
  const { conversation: id = '' } = useParams()
  const { t } = useTranslation('chat')
  const [, navigate] = useLocation()
  const conversation = useConversation(id)
  const channels = useChannels()
  const [newChannel, setNewChannel] = useState('')
  const info = useConversationState(conversation, (state) => state.info)
  const channel = info?.channel ?? (newChannel || channels.usual)
  const model = channels.all.find((one) => one.id === channel)
  // A conversation of another program may be on a channel that is not offered; it keeps its name.
  const shown =
    info === null || model === undefined ? channels.offered : [...new Set([...channels.offered, model])]
  const choose = (chosen: string) => {
    setNewChannel(chosen)
    preferences.getState().set({ channel: chosen })
    if (info !== null && chosen !== info.channel) navigate('/')
  }
  const phase = useConversationState(conversation, (state) => state.phase)
  const known = useTitle(conversation)
  const title = phase === 'loading' ? null : known || t('title.new')
  return (
    <Page
      title={title}
      width="full"
      head={<ChannelPicker channels={shown} channel={channel} isFixed={info !== null} onChoose={choose} />}
    >
      <Chat key={conversation.serial} conversation={conversation} channel={channel} model={model} />
      <LeavingDialog />
    </Page>
  )
}
