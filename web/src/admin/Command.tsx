import { CopyButton } from '@/ui/Copy'
import styles from './Admin.module.css'

/** A command or address to be taken elsewhere. */
export function Command({ text }: { text: string }) {
  return (
    <div className={styles['command']}>
      <code>{text}</code>
      <CopyButton text={text} />
    </div>
  )
}
