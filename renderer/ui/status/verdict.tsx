import type { ReactNode } from 'react'
import type { Tone } from '../base/tone.ts'
import { shapeOfTone, StatusMark } from './status-mark.tsx'
import css from './verdict.module.css'

export type VerdictProps = {
  tone: Tone
  question: ReactNode
  answer: ReactNode
  reason?: ReactNode
  /** When it was found out, at the right. */
  side?: ReactNode
  /** GO and NO-GO, set larger. */
  call?: boolean
  label?: string
}

/** The one answer of a page. */
export function Verdict({
  tone,
  question,
  answer,
  reason,
  side,
  call = false,
  label = 'Verdict',
}: VerdictProps) {
  return (
    <section className={css.verdict} aria-label={label} data-tone={tone}>
      <StatusMark shape={shapeOfTone(tone)} tone={tone} size="large" className={css.mark} />
      <div>
        <p className={css.question}>{question}</p>
        <p className={call ? css.call : css.answer}>{answer}</p>
        {reason !== undefined && <p className={css.reason}>{reason}</p>}
      </div>
      {side !== undefined && <div className={css.side}>{side}</div>}
    </section>
  )
}
