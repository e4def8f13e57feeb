import { type ReactNode, useId } from 'react'
import { cx } from '../base/cx.ts'
import { StatusMark } from '../status/status-mark.tsx'
import input from './input.module.css'
import css from './typed-confirm.module.css'

export type TypedWordProps = {
  /** What must be typed, to the letter. */
  word: string
  typed: string
  onTyped: (typed: string) => void
  ask: ReactNode
}

/** A name to type, and whether what is typed is it. Enter does nothing. */
export function TypedWord({ word, typed, onTyped, ask }: TypedWordProps) {
  const id = useId()
  return (
    <>
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
          {typed === word ? (
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
    </>
  )
}
