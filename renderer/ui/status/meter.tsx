import { cx } from '../base/cx.ts'
import type { Tone } from '../base/tone.ts'
import css from './meter.module.css'

export type MeterProps = {
  /** Parts of one; null: not known, the track stays empty. */
  value: number | null
  tone?: Tone
  /** The target tick, parts of one. */
  target?: number
  /** Acknowledged plus in flight, parts of one: hatched. */
  flight?: number
  height?: 'thin' | 'medium' | 'thick'
  /** Without it the meter is decoration: words beside it must say the same. */
  label?: string
  className?: string | undefined
}

const percent = (part: number) => `${(Math.min(1, Math.max(0, part)) * 100).toFixed(2)}%`

/** A bar, with a tick for the target. */
export function Meter({
  value,
  tone = 'idle',
  target,
  flight,
  height = 'thin',
  label,
  className,
}: MeterProps) {
  return (
    <span
      className={cx(css.meter, css[height], className)}
      data-tone={tone}
      {...(label === undefined ? { 'aria-hidden': true } : { role: 'img', 'aria-label': label })}
    >
      {flight !== undefined && <span className={css.flight} style={{ width: percent(flight) }} />}
      <span className={css.fill} style={{ width: percent(value ?? 0) }} />
      {target !== undefined && <span className={css.target} style={{ left: percent(target) }} />}
    </span>
  )
}
