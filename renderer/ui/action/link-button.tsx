import type { ReactNode } from 'react'
import { cx } from '../base/cx.ts'
import { Icon } from '../icon/icon.tsx'
import type { IconName } from '../icon/icons.ts'
import type { ButtonKind, ButtonSize } from './button.tsx'
import css from './button.module.css'

export type LinkButtonProps = {
  /** `href(route)` of the router. */
  href: string
  children: ReactNode
  kind?: Exclude<ButtonKind, 'danger' | 'danger-quiet'>
  size?: ButtonSize
  icon?: IconName
  pagePrimary?: boolean
  /** It leads out of Drydock: opened beside it, and told nothing of where from. */
  outside?: boolean
}

/** Looks like a button, leads to a page: what only goes elsewhere is a link. */
export function LinkButton({
  href,
  children,
  kind = 'plain',
  size = 'normal',
  icon,
  pagePrimary,
  outside = false,
}: LinkButtonProps) {
  return (
    <a
      href={href}
      className={cx(css.button, css[kind], size === 'small' && css.small)}
      {...(outside && { target: '_blank', rel: 'noopener noreferrer' })}
      {...(pagePrimary === true && { 'data-page-primary': '' })}
    >
      {icon && <Icon name={icon} decorative />}
      <span className={css.words}>{children}</span>
    </a>
  )
}
