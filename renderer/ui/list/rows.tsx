import type { ReactNode } from 'react'
import type { Tone } from '../base/tone.ts'
import { type MarkShape, shapeOfTone, StatusMark } from '../status/status-mark.tsx'
import css from './rows.module.css'

export type RowItem = {
  key: string
  /** Draws a mark before the words. */
  tone?: Tone
  shape?: MarkShape
  turning?: boolean
  title: ReactNode
  detail?: ReactNode
  /** At the right: a note, a button. */
  side?: ReactNode
}

/** Ruled lines with a mark, two lines of words, and something at the right: alarms, destinations, problems. */
export function Rows({
  rows,
  label,
  strong = false,
}: {
  rows: readonly RowItem[]
  label?: string
  strong?: boolean
}) {
  return (
    <ul className={css.rows} aria-label={label}>
      {rows.map(row => (
        <li key={row.key} className={css.row}>
          {row.tone === undefined && row.shape === undefined ? (
            <span />
          ) : (
            <StatusMark
              shape={row.shape ?? shapeOfTone(row.tone ?? 'idle')}
              tone={row.tone}
              turning={row.turning ?? false}
              className={css.mark}
            />
          )}
          <div className={css.text}>
            <span className={strong ? css.strong : css.title}>{row.title}</span>
            {row.detail !== undefined && <span className={css.detail}>{row.detail}</span>}
          </div>
          {row.side !== undefined && <div className={css.side}>{row.side}</div>}
        </li>
      ))}
    </ul>
  )
}
