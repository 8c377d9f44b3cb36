import { shortcutText } from '@/core/commands'
import styles from './Keys.module.css'

/** A keyboard shortcut as this machine's keyboard names it. */
export function Keys({ shortcut }: { shortcut: string }) {
  return <kbd className={styles['keys']}>{shortcutText(shortcut)}</kbd>
}
