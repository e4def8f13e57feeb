import type { ReactNode } from 'react'
import { Button } from '../action/button.tsx'
import css from './typed-confirm.module.css'
import { TypedWord } from './typed-word.tsx'

export type TypedConfirmsProps = {
  /** What must be typed, each in a field of its own, to the letter. */
  words: readonly string[]
  /** What is typed so far, in the order of `words`. */
  typed: readonly string[]
  onTyped: (typed: readonly string[]) => void
  ask: (word: string) => ReactNode
  /** The deed by name: `Erase 3 hosts and restore`. */
  deed: string
  onConfirm: () => void
  /** The way out; it has the focus on arrival. */
  back: string
  onBack: () => void
  busy?: boolean
}

/** As `TypedConfirm`, where harm comes to several: the red button turns on when every name is typed. */
export function TypedConfirms(props: TypedConfirmsProps) {
  const { words, typed, onTyped, ask, deed, onConfirm, back, onBack, busy = false } = props
  const left = words.filter((word, index) => typed[index] !== word)
  return (
    <div>
      {words.map((word, index) => (
        <div key={index} className={css.one}>
          <TypedWord
            word={word}
            typed={typed[index] ?? ''}
            onTyped={text => onTyped(words.map((_, at) => (at === index ? text : (typed[at] ?? ''))))}
            ask={ask(word)}
          />
        </div>
      ))}
      <div className={css.buttons}>
        <Button onClick={onBack} autoFocus>
          {back}
        </Button>
        <Button
          kind="danger"
          onClick={onConfirm}
          off={left.length === 0 ? null : `type ${left.join(', ')} first`}
          offAt="tooltip"
          busy={busy}
        >
          {deed}
        </Button>
      </div>
    </div>
  )
}
