import type { ReactNode } from 'react'
import css from './empty.module.css'

export type EmptyProps = {
  /** What is missing: `No restore points in the last 7 days.` */
  title: ReactNode
  /** What that prevents, or how many a filter hides. */
  children?: ReactNode
  /** The one thing to do. */
  action?: ReactNode
  /** Alone on its page: larger, with room around. */
  page?: boolean
}

/** Nothing is here, why that matters, and the one thing to do. */
export function Empty({ title, children, action, page = false }: EmptyProps) {
  return (
    <div className={page ? css.page : css.empty}>
      <p className={css.title}>{title}</p>
      {children !== undefined && <div className={css.text}>{children}</div>}
      {action}
    </div>
  )
}
