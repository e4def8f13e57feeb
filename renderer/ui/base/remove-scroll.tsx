import type { ElementType, ReactNode } from 'react'

type Props = { as?: ElementType; children?: ReactNode }

/** Stands in for `react-remove-scroll` in the build (build/vite.config.ts): the body never scrolls, so nothing is locked. */
export function RemoveScroll({ as: As = 'div', children }: Props) {
  return <As>{children}</As>
}
