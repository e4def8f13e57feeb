import { type ReactNode, useId } from 'react'
import { Button } from '../action/button.tsx'
import { StatusMark } from '../status/status-mark.tsx'
import css from './typed-confirm.module.css'
import input from './input.module.css'
import { cx } from '../base/cx.ts'

export type TypedConfirmProps = {
  /** What must be typed, to the letter. */
  word: string
  typed: string
  onTyped: (typed: string) => void
  /** `To go on, type the name of the host that will be erased:` */
  ask: ReactNode
  /** The deed by name: `Erase director-dr and restore`. */
  deed: string
  onConfirm: () => void
  /** The way out; it has the focus on arrival. */
  back: string
  onBack: () => void
  busy?: boolean
  /** A reason beyond the word. */
  off?: string | null
}

/** The last question before harm: the red button turns on when the word is typed, and Enter in the field does not press it. */
export function TypedConfirm(props: TypedConfirmProps) {
  const { word, typed, onTyped, ask, deed, onConfirm, back, onBack, busy = false, off = null } = props
  const id = useId()
  const matches = typed === word
  const left = matches ? null : typed === '' ? `type ${word} first` : 'what is typed is not the name yet'
  return (
    <div>
      <label className={css.ask} htmlFor={id}>
        {ask} <code className={css.word}>{word}</code>
      </label>
      <div className={css.row}>
        <input
          id={id}
          className={cx(input.input, input.code, css.input)}
          value={typed}
          autoComplete="off"
          autoCapitalize="off"
          spellCheck={false}
          aria-describedby={`${id}-state`}
          onChange={event => onTyped(event.currentTarget.value)}
          onKeyDown={event => {
            if (event.key === 'Enter') event.preventDefault()
          }}
        />
        <span id={`${id}-state`} className={css.state} aria-live="polite">
          {matches ? (
            <>
              <StatusMark shape="verified" />
              Matches {word}
            </>
          ) : typed !== '' && !word.startsWith(typed) ? (
            <>
              <StatusMark shape="limit" />
              Differs from {word}
            </>
          ) : null}
        </span>
      </div>
      <div className={css.buttons}>
        <Button onClick={onBack} autoFocus>
          {back}
        </Button>
        <Button kind="danger" onClick={onConfirm} off={off ?? left} offAt="tooltip" busy={busy}>
          {deed}
        </Button>
      </div>
    </div>
  )
}
