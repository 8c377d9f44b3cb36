import type { ComponentProps } from 'react'
import { Link } from 'wouter'
import { ariaShortcut } from '@/core/commands'
import styles from './Button.module.css'
import { classes } from './classes'
import { Keys } from './Keys'
import { Tooltip } from './Tooltip'

export interface ButtonProps extends ComponentProps<'button'> {
  /** `primary` stands once on a screen; `danger` leads to a question, and `destroy` answers it. */
  readonly kind?: 'primary' | 'plain' | 'quiet' | 'danger' | 'destroy'
  readonly size?: 'small' | 'normal'
  /** Shows that work goes on and takes no second press. */
  readonly isBusy?: boolean
}

export function Button({
  kind = 'plain',
  size = 'normal',
  isBusy = false,
  className,
  disabled,
  ...rest
}: ButtonProps) {
  return (
    <button
      type="button"
      {...rest}
      aria-busy={isBusy || undefined}
      disabled={disabled || isBusy}
      className={classes(styles['button'], styles[kind], styles[size], className)}
    />
  )
}

export interface ButtonLinkProps extends Omit<ComponentProps<'a'>, 'href'> {
  readonly href: string
  readonly kind?: ButtonProps['kind']
  readonly size?: ButtonProps['size']
}

/** A way to another page of the app that looks like a button. */
export function ButtonLink({ kind = 'plain', size = 'normal', className, ...rest }: ButtonLinkProps) {
  return <Link {...rest} className={classes(styles['button'], styles[kind], styles[size], className)} />
}

export interface IconButtonProps extends Omit<ButtonProps, 'aria-label' | 'title'> {
  /** What it does, for those who do not see the icon; shown on hover and on keyboard focus. */
  readonly label: string
  /** The keys that do the same, shown with the label. */
  readonly shortcut?: string
}

export function IconButton({ label, shortcut, kind = 'quiet', className, ...rest }: IconButtonProps) {
  const content = (
    <>
      {label}
      {shortcut !== undefined && <Keys shortcut={shortcut} />}
    </>
  )
  return (
    <Tooltip content={content}>
      <Button
        // The name says it already: nobody needs to hear it twice.
        aria-describedby={undefined}
        aria-keyshortcuts={shortcut === undefined ? undefined : ariaShortcut(shortcut)}
        {...rest}
        kind={kind}
        aria-label={label}
        className={classes(styles['icon'], className)}
      />
    </Tooltip>
  )
}
