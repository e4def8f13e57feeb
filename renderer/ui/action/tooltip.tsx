import * as Radix from '@radix-ui/react-tooltip'
import type { ReactNode } from 'react'
import css from './tooltip.module.css'

export type TooltipProps = {
  text: ReactNode
  /** One element that takes a ref: a button, a span. */
  children: ReactNode
  side?: 'top' | 'bottom' | 'left' | 'right'
}

/** The whole of what was cut, a name of an icon, a reason. Nothing that is only there. */
export function Tooltip({ text, children, side = 'top' }: TooltipProps) {
  return (
    <Radix.Root delayDuration={350}>
      <Radix.Trigger asChild>{children}</Radix.Trigger>
      <Radix.Portal>
        <Radix.Content className={css.tooltip} side={side} sideOffset={6} collisionPadding={8}>
          {text}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  )
}

/** Stands once around the whole application. */
export const TooltipRoom = Radix.Provider
