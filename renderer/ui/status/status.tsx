import type { ReactNode } from 'react'
import type { Tone } from '../base/tone.ts'
import { cx } from '../base/cx.ts'
import { type MarkShape, StatusMark } from './status-mark.tsx'
import css from './status.module.css'
import { isTurning, type StatusWord, statusWords } from './words.ts'

export type StatusProps = {
  /** Decides shape and colour. */
  is: StatusWord
  /** Shown in place of the word, e.g. `Verified 14:31`. */
  says?: ReactNode
  /** The second line. */
  reason?: ReactNode
  /** Words in plain text colour, where only the mark shall draw the eye. */
  quiet?: boolean
  /** Another colour or shape than the word's own; rarely right. */
  tone?: Tone
  shape?: MarkShape
  className?: string | undefined
}

/** Shape, word and colour, always together. */
export function Status({ is, says, reason, quiet = false, tone, shape, className }: StatusProps) {
  const family = statusWords[is]
  const shown = tone ?? family.tone
  return (
    <span className={cx(css.status, className)} data-tone={shown}>
      <StatusMark shape={shape ?? family.shape} tone={shown} turning={isTurning(is)} className={css.mark} />
      <span className={css.text}>
        <span className={quiet ? css.quiet : css.word}>
          {says ?? is}
          {says !== undefined && quiet && <span className="visually-hidden"> {is}</span>}
        </span>
        {reason !== undefined && reason !== '' && <span className={css.why}>{reason}</span>}
      </span>
    </span>
  )
}
