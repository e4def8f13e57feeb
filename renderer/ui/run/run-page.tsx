import type { ReactNode } from 'react'
import css from './run-page.module.css'

/** The body of a live run: the header, phases and problems at the left, what moves at the right. */
export function RunPage({ top, left, children }: { top: ReactNode; left: ReactNode; children: ReactNode }) {
  return (
    <div className={css.run}>
      {top}
      <div className={css.columns}>
        <div className={css.left} data-scroll="">
          {left}
        </div>
        <div className={css.right} data-scroll="">
          {children}
        </div>
      </div>
    </div>
  )
}
