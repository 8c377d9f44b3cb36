import { DropdownMenu as Parts } from 'radix-ui'
import type { ReactElement, ReactNode } from 'react'
import { ariaShortcut } from '@/core/commands'
import { classes } from './classes'
import { Keys } from './Keys'
import styles from './Menu.module.css'

/** A menu that opens from `trigger`, a button; arrows move, letters jump, Escape closes. */
export function Menu({
  trigger,
  label,
  children,
}: {
  trigger: ReactElement
  label: string
  children: ReactNode
}) {
  return (
    <Parts.Root modal={false}>
      <Parts.Trigger asChild>{trigger}</Parts.Trigger>
      <Parts.Portal>
        <Parts.Content className={styles['menu']} sideOffset={6} collisionPadding={8} aria-label={label}>
          {children}
        </Parts.Content>
      </Parts.Portal>
    </Parts.Root>
  )
}

export interface MenuItemProps {
  readonly icon?: ReactNode
  /** Keys that do the same, as commands write them: `Mod+K`. */
  readonly shortcut?: string
  readonly isDanger?: boolean
  readonly isDisabled?: boolean
  readonly onSelect: () => void
  readonly children: ReactNode
}

export function MenuItem({
  icon,
  shortcut,
  isDanger = false,
  isDisabled = false,
  onSelect,
  children,
}: MenuItemProps) {
  return (
    <Parts.Item
      className={classes(styles['item'], isDanger && styles['danger'])}
      disabled={isDisabled}
      onSelect={() => onSelect()}
      {...(shortcut === undefined ? {} : { 'aria-keyshortcuts': ariaShortcut(shortcut) })}
    >
      <span className={styles['icon']}>{icon}</span>
      <span className={styles['label']}>{children}</span>
      {shortcut !== undefined && (
        <span aria-hidden="true">
          <Keys shortcut={shortcut} />
        </span>
      )}
    </Parts.Item>
  )
}

export interface MenuChoiceProps<T extends string> {
  readonly value: T
  readonly onChange: (value: T) => void
  readonly options: readonly { readonly value: T; readonly label: ReactNode; readonly note?: ReactNode }[]
}

/** One choice of several inside a menu. */
export function MenuChoice<T extends string>({ value, onChange, options }: MenuChoiceProps<T>) {
  return (
    <Parts.RadioGroup value={value} onValueChange={(next) => onChange(next as T)}>
      {options.map((option) => (
        <Parts.RadioItem key={option.value} value={option.value} className={styles['item']}>
          <span className={styles['icon']}>
            <Parts.ItemIndicator>✓</Parts.ItemIndicator>
          </span>
          <span className={styles['label']}>
            {option.label}
            {option.note !== undefined && <span className={styles['note']}>{option.note}</span>}
          </span>
        </Parts.RadioItem>
      ))}
    </Parts.RadioGroup>
  )
}

export function MenuLine() {
  return <Parts.Separator className={styles['line']} />
}
