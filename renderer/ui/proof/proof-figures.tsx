import type { ReactNode } from 'react'
import type { Tone } from '../base/tone.ts'
import { Meter } from '../status/meter.tsx'
import css from './proof-figures.module.css'

export type ProofFigure = {
  label: string
  value: ReactNode
  /** Value divided by target; null: nothing to measure against, no bar is drawn. */
  ratio: number | null
  tone: Tone
  /** `target 60 min: met, 18 min 27 s to spare` */
  sub: ReactNode
  /** What the bar says, for screen readers. */
  meterLabel?: string
}

/** The measured figures of a report, each against its target. */
export function ProofFigures({ figures }: { figures: readonly ProofFigure[] }) {
  return (
    <dl className={css.figures}>
      {figures.map(({ label, value, ratio, tone, sub, meterLabel }) => (
        <div key={label} className={css.figure}>
          <dt className={css.label}>{label}</dt>
          <dd className={css.value}>{value}</dd>
          {ratio !== null && (
            <dd className={css.meter}>
              <Meter
                value={Math.min(1, ratio)}
                tone={tone}
                target={ratio > 1 ? 1 / ratio : 1}
                {...(meterLabel !== undefined && { label: meterLabel })}
              />
            </dd>
          )}
          <dd className={css.label}>{sub}</dd>
        </div>
      ))}
    </dl>
  )
}
