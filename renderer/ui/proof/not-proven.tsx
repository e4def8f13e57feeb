import type { ReactNode } from 'react'
import { StatusMark } from '../status/status-mark.tsx'
import css from './not-proven.module.css'

export type NotProvenLine = { title: ReactNode; detail?: ReactNode; action?: ReactNode }

/** What nobody looked at. A report without such a line does not exist. */
export function NotProven({ lines }: { lines: readonly NotProvenLine[] }) {
  return (
    <ul aria-label="Not proven">
      {lines.map(({ title, detail, action }, index) => (
        <li key={index} className={css.line}>
          <StatusMark shape="open" className={css.mark} />
          <div>
            <span className={css.title}>{title}</span>
            {detail !== undefined && <span className="note">{detail}</span>}
            {action !== undefined && <div className={css.action}>{action}</div>}
          </div>
        </li>
      ))}
    </ul>
  )
}
