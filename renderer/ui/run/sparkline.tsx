import type { ReactNode } from 'react'
import { sparkScale, sparkShape, type SparkPoint, type SparkSpan } from './spark-shape.ts'
import css from './sparkline.module.css'

export type SparklineProps = {
  /** Oldest first. */
  points: readonly SparkPoint[]
  /** Where nothing moved: drawn on amber. */
  stalls?: readonly SparkSpan[]
  /** What it says in words, for screen readers. */
  label: string
  /** Above, at the left: `0 B/s now, 3.1 MiB/s typical`. */
  caption?: ReactNode
  /** How a value of the scale is written. */
  format: (value: number) => string
  /** Below: `15:03`, `15:07`, `15:11`. */
  ticks?: readonly string[]
}

const width = 340
const height = 64

/** The rate over the last minutes. */
export function Sparkline({ points, stalls = [], label, caption, format, ticks = [] }: SparklineProps) {
  const top = sparkScale(points)
  const shape = sparkShape(points, stalls, top, width, height)
  return (
    <figure>
      <div className={css.scale}>
        <span>{caption}</span>
        <span>{top > 0 ? format(top) : ''}</span>
      </div>
      <svg
        className={css.spark}
        viewBox={`0 0 ${width} ${height}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={label}
      >
        {shape.stalls.map(({ x, width: wide }) => (
          <rect key={x} className={css.stall} x={x} y={0} width={wide} height={height} />
        ))}
        <polygon className={css.area} points={shape.area} />
        {[0.5, height / 2, height].map(y => (
          <line key={y} className={css.grid} x1={0} x2={width} y1={y} y2={y} />
        ))}
        <polyline className={css.line} points={shape.line} />
      </svg>
      {ticks.length > 0 && (
        <figcaption className={css.scale}>
          {ticks.map((tick, index) => (
            <span key={`${index}${tick}`}>{tick}</span>
          ))}
        </figcaption>
      )}
    </figure>
  )
}
