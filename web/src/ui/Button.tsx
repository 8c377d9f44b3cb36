import type { ComponentProps } from 'react'
import styles from './Button.module.css'
import { classes } from './classes'

export interface ButtonProps extends ComponentProps<'button'> {
  /** `primary` stands once on a screen; `danger` takes something away. */
  readonly kind?: 'primary' | 'plain' | 'quiet' | 'danger'
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

export interface IconButtonProps extends Omit<ButtonProps, 'aria-label' | 'title'> {
  /** What it does, for those who do not see the icon; shown on hover. */
  readonly label: string
}

export function IconButton({ label, kind = 'quiet', className, ...rest }: IconButtonProps) {
  return (
    <Button
      {...rest}
      kind={kind}
      aria-label={label}
      title={label}
      className={classes(styles['icon'], className)}
    />
  )
}
