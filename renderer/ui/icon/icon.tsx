import type { ComponentType, SVGProps } from 'react'
import { cx } from '../base/cx.ts'
import css from './icon.module.css'
import { type IconName, icons } from './icons.ts'

type Size = 'small' | 'normal' | 'large'
export type IconProps = { name: IconName; size?: Size; className?: string | undefined } & (
  { label: string; decorative?: never } | { decorative: true; label?: never }
)

/** A line icon. Says what it means in `label`, or that words beside it do so with `decorative`. */
export function Icon({ name, size = 'normal', label, className }: IconProps) {
  const Drawing: ComponentType<SVGProps<SVGSVGElement>> = icons[name]
  return (
    <Drawing
      className={cx(css.icon, size !== 'normal' && css[size], className)}
      strokeWidth={1.75}
      focusable={false}
      {...(label === undefined ? { 'aria-hidden': true } : { role: 'img', 'aria-label': label })}
    />
  )
}
