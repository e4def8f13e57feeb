import { type ComponentProps, type MouseEvent, type ReactNode, useId } from 'react'
import { cx } from '../base/cx.ts'
import { Icon } from '../icon/icon.tsx'
import type { IconName } from '../icon/icons.ts'
import { StatusMark } from '../status/status-mark.tsx'
import css from './button.module.css'
import { Tooltip } from './tooltip.tsx'

export type ButtonKind = 'primary' | 'plain' | 'danger' | 'danger-quiet' | 'quiet'
export type ButtonSize = 'normal' | 'small'

export type ButtonProps = {
  children: ReactNode
  onClick?: ((event: MouseEvent<HTMLButtonElement>) => void) | undefined
  kind?: ButtonKind
  size?: ButtonSize
  icon?: IconName | undefined
  /** After the words: a chevron of a menu. */
  iconAfter?: IconName
  /** Why it is off, in words; null or absent: it is on. It can be reached, does nothing, and tells the reason. */
  off?: string | null | undefined
  /** Where the reason stands. `beside` for the action of a page or form, `tooltip` in rows; `elsewhere`: already told. */
  offAt?: 'beside' | 'tooltip' | 'elsewhere'
  /** Its deed goes on: it does nothing until then and shows a turning mark. */
  busy?: boolean
  /** Only an icon is shown, and `children` is its name. Never for a destructive deed. */
  iconOnly?: boolean
  /** Ctrl+Enter presses it. At most one on a page, never a red one. */
  pagePrimary?: boolean
  type?: 'button' | 'submit'
} & Pick<
  ComponentProps<'button'>,
  'id' | 'title' | 'autoFocus' | 'className' | 'ref' | 'form' | 'tabIndex'
> & {
    [attribute: `aria-${string}` | `data-${string}`]: string | boolean | number | undefined
  }

/** A menu's trigger hands these in; off, it opens nothing. */
const asleep = { onPointerDown: undefined, onKeyDown: undefined }

/** A deed. Its words are verb and object. */
export function Button({
  children,
  onClick,
  kind = 'plain',
  size = 'normal',
  icon,
  iconAfter,
  off = null,
  offAt = 'tooltip',
  busy = false,
  iconOnly = false,
  pagePrimary = false,
  type = 'button',
  className,
  ...rest
}: ButtonProps) {
  const why = useId()
  const dead = off !== null || busy
  const reason = off !== null && off !== '' ? off : null
  const button = (
    <button
      {...rest}
      {...(dead && asleep)}
      type={type}
      className={cx(
        css.button,
        css[kind],
        size === 'small' && css.small,
        iconOnly && css.iconOnly,
        className,
      )}
      onClick={event => {
        if (dead) event.preventDefault()
        else onClick?.(event)
      }}
      {...(off !== null && { 'aria-disabled': true })}
      {...(busy && { 'aria-busy': true })}
      {...(reason !== null && offAt !== 'elsewhere' && { 'aria-describedby': why })}
      {...(pagePrimary && { 'data-page-primary': '' })}
      {...(iconOnly && typeof children === 'string' && { 'aria-label': children })}
    >
      {busy ? (
        <StatusMark shape="run" turning className={css.busy} />
      ) : (
        icon && <Icon name={icon} decorative className={css.icon} />
      )}
      {!iconOnly && <span className={css.words}>{children}</span>}
      {iconAfter && <Icon name={iconAfter} decorative className={css.icon} />}
    </button>
  )
  if (reason !== null && offAt === 'beside')
    return (
      <>
        <span id={why} className={css.why}>
          {/^off/i.test(reason) ? reason : `Off: ${reason}`}
        </span>
        {button}
      </>
    )
  if (reason !== null && offAt === 'tooltip')
    return (
      <Tooltip text={reason}>
        <span className={css.wrap}>
          {button}
          <span id={why} className="visually-hidden">
            {`Off: ${reason}`}
          </span>
        </span>
      </Tooltip>
    )
  return iconOnly && typeof children === 'string' ? <Tooltip text={children}>{button}</Tooltip> : button
}
