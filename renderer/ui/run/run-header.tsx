import type { ReactNode } from 'react'
import css from './run-header.module.css'

export type Figure = { label: string; value: ReactNode; sub?: ReactNode }

export type RunHeaderProps = {
  /** `Phase 2 of 7` */
  step: ReactNode
  /** What goes on now: `Fetching: waiting for nas`. */
  now: ReactNode
  figures: readonly Figure[]
  /** A meter, a status. */
  children?: ReactNode
}

/** What a run does now, large, with its figures at the right. */
export function RunHeader({ step, now, figures, children }: RunHeaderProps) {
  return (
    <div className={css.top}>
      <div className={css.words}>
        <p className="muted">{step}</p>
        <p className={css.now}>{now}</p>
        {children}
      </div>
      <Figures figures={figures} />
    </div>
  )
}

/** Large figures side by side, each with its label and what it is measured against. */
export function Figures({ figures }: { figures: readonly Figure[] }) {
  return (
    <dl className={css.figures}>
      {figures.map(({ label, value, sub }) => (
        <div key={label}>
          <dt className={css.label}>{label}</dt>
          <dd className={css.value}>{value}</dd>
          {sub !== undefined && <dd className={css.label}>{sub}</dd>}
        </div>
      ))}
    </dl>
  )
}
