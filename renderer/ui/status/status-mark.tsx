import type { ReactNode } from 'react'
import { cx } from '../base/cx.ts'
import type { Tone } from '../base/tone.ts'
import css from './status-mark.module.css'

const stroke = { fill: 'none', stroke: 'currentColor', strokeWidth: 1.5 } as const
const round = { strokeLinecap: 'round', strokeLinejoin: 'round' } as const

/** Our own shapes, on a field of 16 by 16: each is told from the others without colour. */
const shapes = {
  ok: (
    <>
      <circle cx="8" cy="8" r="7" fill="currentColor" />
      <path className={css.cut} d="m4.9 8.3 2.1 2.1 4.1-4.5" fill="none" strokeWidth={1.75} {...round} />
    </>
  ),
  verified: (
    <>
      <circle cx="8" cy="8" r="6.25" {...stroke} />
      <path d="m5.2 8.3 1.9 1.9 3.7-4.1" {...stroke} {...round} />
    </>
  ),
  warn: (
    <>
      <path
        d="M8 1.5a1 1 0 0 1 .87.5l6.2 10.9a1 1 0 0 1-.87 1.5H1.8a1 1 0 0 1-.87-1.5L7.13 2A1 1 0 0 1 8 1.5Z"
        fill="currentColor"
      />
      <path
        className={css.cut}
        d="M8 6v3.4M8 11.9v.05"
        fill="none"
        strokeWidth={1.75}
        strokeLinecap="round"
      />
    </>
  ),
  limit: (
    <>
      <path d="M8 2.4 14.4 13.5H1.6Z" {...stroke} strokeLinejoin="round" />
      <path d="M8 6.4v3.1M8 11.5v.05" {...stroke} strokeLinecap="round" />
    </>
  ),
  bad: (
    <>
      <path d="M5.1 1h5.8L15 5.1v5.8L10.9 15H5.1L1 10.9V5.1Z" fill="currentColor" />
      <path
        className={css.cut}
        d="m5.6 5.6 4.8 4.8m0-4.8-4.8 4.8"
        fill="none"
        strokeWidth={1.75}
        strokeLinecap="round"
      />
    </>
  ),
  run: (
    <>
      <circle cx="8" cy="8" r="6.1" {...stroke} strokeWidth={1.75} opacity=".3" />
      <path d="M8 1.9A6.1 6.1 0 0 1 14.1 8" {...stroke} strokeWidth={1.75} strokeLinecap="round" />
    </>
  ),
  paused: <path d="M4.9 3v10M11.1 3v10" {...stroke} strokeWidth={2.75} />,
  created: <path d="M8 1.9 14.1 8 8 14.1 1.9 8Z" {...stroke} strokeLinejoin="round" />,
  scheduled: (
    <>
      <circle cx="8" cy="8" r="6.25" {...stroke} />
      <path d="M8 4.6V8l2.2 1.5" {...stroke} {...round} />
    </>
  ),
  stopped: <rect x="2.75" y="2.75" width="10.5" height="10.5" rx="1" fill="currentColor" />,
  open: <circle cx="8" cy="8" r="6.1" {...stroke} strokeDasharray="2.4 2.39" />,
  locked: (
    <>
      <rect x="3" y="7" width="10" height="7" rx="1" fill="currentColor" />
      <path d="M5.25 7V4.9a2.75 2.75 0 0 1 5.5 0V7" {...stroke} strokeWidth={1.6} />
    </>
  ),
  skipped: (
    <>
      <circle cx="8" cy="8" r="6.25" {...stroke} />
      <path d="M5.2 8h5.6" {...stroke} strokeLinecap="round" />
    </>
  ),
  cancelled: (
    <>
      <circle cx="8" cy="8" r="6.25" {...stroke} />
      <path d="m3.8 12.2 8.4-8.4" {...stroke} />
    </>
  ),
  away: (
    <path
      d="m2 14 2.4-2.4M14 2l-2.4 2.4M9.7 6.3l-1.6 1.6M7.9 8.1 6.3 9.7M4.1 8.2l3.7 3.7-1 1a2.6 2.6 0 0 1-3.7-3.7Zm4.1-4.1 3.7 3.7 1-1a2.6 2.6 0 0 0-3.7-3.7Z"
      {...stroke}
      strokeWidth={1.4}
      {...round}
    />
  ),
  off: <rect x="2.25" y="2.25" width="11.5" height="11.5" rx="1.5" {...stroke} strokeDasharray="2.5 2.2" />,
  none: <path d="M4.5 8h7" {...stroke} strokeLinecap="round" />,
  later: <circle cx="8" cy="8" r="3" {...stroke} />,
  erase: (
    <path
      d="m6 13.5-3.4-3.4a1.2 1.2 0 0 1 0-1.7l5.8-5.8a1.2 1.2 0 0 1 1.7 0l3.3 3.3a1.2 1.2 0 0 1 0 1.7L6.5 13.5M4.8 6.3l4.9 4.9M5.5 13.5h8"
      {...stroke}
      {...round}
    />
  ),
  back: <path d="M2.5 3v3.5H6M2.8 6.3A5.9 5.9 0 1 1 2.3 9.5" {...stroke} {...round} />,
} satisfies Record<string, ReactNode>

export type MarkShape = keyof typeof shapes

export type StatusMarkProps = {
  shape: MarkShape
  tone?: Tone | undefined
  size?: 'tiny' | 'small' | 'normal' | 'large'
  /** Turns while something goes on now; stands still with reduced motion. */
  turning?: boolean
  /** Only where no word stands beside it. */
  label?: string
  className?: string | undefined
}

/** The shape of a status. A word stands beside it, or `label` says it. */
export function StatusMark({
  shape,
  tone,
  size = 'normal',
  turning = false,
  label,
  className,
}: StatusMarkProps) {
  return (
    <svg
      viewBox="0 0 16 16"
      className={cx(css.mark, size !== 'normal' && css[size], turning && css.turning, className)}
      data-tone={tone ?? toneOfShape(shape)}
      {...(label === undefined ? { 'aria-hidden': true } : { role: 'img', 'aria-label': label })}
    >
      {shapes[shape]}
    </svg>
  )
}

/** The tone a shape has when nothing else is said. */
export function toneOfShape(shape: MarkShape): Tone {
  if (shape === 'ok' || shape === 'verified') return 'ok'
  if (shape === 'warn' || shape === 'limit') return 'warn'
  if (shape === 'bad' || shape === 'erase') return 'bad'
  return shape === 'run' || shape === 'paused' ? 'run' : 'idle'
}

/** The filled shape of a tone. */
export function shapeOfTone(tone: Tone): MarkShape {
  return tone === 'idle' ? 'open' : tone
}
