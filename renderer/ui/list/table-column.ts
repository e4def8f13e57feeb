import type { ReactNode } from 'react'

export type Column<T> = {
  id: string
  head: ReactNode
  cell: (row: T) => ReactNode
  /** As in CSS: `17%`, `6rem`. Without it, a share of what is left. */
  width?: string
  align?: 'start' | 'end'
  /** The head is for screen readers only. */
  headHidden?: boolean
}
