import type { ReactNode } from 'react'
import type { Tone } from '../base/tone.ts'
import { Meter } from '../status/meter.tsx'
import css from './transfer.module.css'

export type TransferProps = {
  /** `1.43 GiB` */
  done: string
  /** `of 2.22 GiB acknowledged`, or `acknowledged; how much there is, is not known yet`. */
  of: ReactNode
  /** Acknowledged part of one; null while the total is not known. */
  part: number | null
  /** Acknowledged and in flight, part of one. */
  flight?: number
  tone?: Tone
  /** What counts, and how: one line below the bar. */
  note: ReactNode
  /** A `Sparkline` at the right. */
  children?: ReactNode
}

/** Acknowledged bytes with their bar; bytes in flight are hatched and not counted. */
export function Transfer({ done, of, part, flight, tone = 'run', note, children }: TransferProps) {
  const percent = part === null ? 'Part not known' : `${Math.floor(part * 100)} percent`
  return (
    <section className={css.transfer} aria-label="Transfer">
      <div>
        <p className={css.bytes}>
          {done} <span>{of}</span>
        </p>
        <Meter
          value={part}
          tone={tone}
          height="thick"
          label={`${percent}, acknowledged`}
          className={css.meter}
          {...(flight !== undefined && { flight })}
        />
        <p className="note">{note}</p>
      </div>
      {children}
    </section>
  )
}
