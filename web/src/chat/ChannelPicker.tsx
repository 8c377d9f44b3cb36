import { ChevronDown } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import type { Model } from '@/core/wire'
import { Button } from '@/ui/Button'
import { Menu, MenuChoice } from '@/ui/Menu'
import styles from './ChannelPicker.module.css'

export interface ChannelPickerProps {
  readonly channels: readonly Model[]
  /** The channel of this conversation. */
  readonly channel: string
  /** The conversation has begun: another channel means another conversation. */
  readonly isFixed: boolean
  readonly onChoose: (channel: string) => void
}

/** Which channel answers, and what each of them is. */
export function ChannelPicker({ channels, channel, isFixed, onChoose }: ChannelPickerProps) {
  const { t } = useTranslation('chat')
  const describe = useDescription()
  const shown = channels.find(({ id }) => id === channel)
  return (
    <Menu
      label={t(isFixed ? 'channel.chooseNew' : 'channel.choose')}
      trigger={
        <Button kind="quiet" className={styles['trigger']}>
          <span className="visually-hidden">{t('channel.label')}</span>
          <span className={styles['name']}>{shown?.verax.title ?? channel}</span>
          <ChevronDown size={16} aria-hidden="true" />
        </Button>
      }
    >
      <p className={styles['head']}>{t(isFixed ? 'channel.chooseNew' : 'channel.choose')}</p>
      <MenuChoice
        value={channel}
        onChange={onChoose}
        options={channels.map((one) => ({
          value: one.id,
          label: one.verax.title ?? one.id,
          note: describe(one),
        }))}
      />
    </Menu>
  )
}

/** What a channel is, in a line: model, what it reads, how much, and whether it answers at all. */
function useDescription(): (channel: Model) => string {
  const { t, i18n } = useTranslation('chat')
  return ({ verax }) => {
    if (verax.release === null) return t('channel.noRelease')
    const number = new Intl.NumberFormat(i18n.language)
    const parts = [
      verax.frozen && t('channel.frozen'),
      verax.model,
      t(verax.sees.includes('image') ? 'channel.seesImages' : 'channel.seesText'),
      verax.context_tokens !== null && t('channel.context', { tokens: number.format(verax.context_tokens) }),
      t('channel.release', { release: verax.release.slice(0, 8) }),
    ]
    return parts.filter((part) => typeof part === 'string').join(' · ')
  }
}
