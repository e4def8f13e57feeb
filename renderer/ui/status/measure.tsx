import type { ReactNode } from 'react'
import type { Tone } from '../base/tone.ts'
import css from './measure.module.css'
import { Meter } from './meter.tsx'

export type MeasureProps = {
  /** What was measured, in words: `27 min`, `Never`, `None good`. */
  value: ReactNode
  /** Its target in words; null without one. */
  target: string | null
  /** Value divided by target; null when nothing was measured. Past 1 the tick moves left of the end. */
  ratio: number | null
  tone: Tone
  /** At the right: when. */
  note?: ReactNode
}

/** A value against its target: `27 min of 1 h`, with the target as a tick. */
export function Measure({ value, target, ratio, tone, note }: MeasureProps) {
  const past = ratio !== null && ratio > 1
  const fill = ratio === null ? (tone === 'bad' ? 1 : 0) : past ? 1 : ratio
  const tick = target === null || (ratio === null && tone === 'bad') ? undefined : past ? 1 / ratio : 1
  const measured = ratio !== null
  return (
    <div className={css.measure}>
      <div className={css.line}>
        <span className="truncate">
          <b>{value}</b>
          {measured && target !== null && <span className="muted"> of {target}</span>}
        </span>
        <span className="note nowrap">{measured || target === null ? note : `target ${target}`}</span>
      </div>
      {target !== null && <Meter value={fill} tone={tone} {...(tick !== undefined && { target: tick })} />}
    </div>
  )
}
