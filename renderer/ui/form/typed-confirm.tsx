import type { ReactNode } from 'react'
import { Button } from '../action/button.tsx'
import css from './typed-confirm.module.css'
import { TypedWord } from './typed-word.tsx'

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
  const matches = typed === word
  const left = matches ? null : 'Off until the name matches.'
  return (
    <div>
      <TypedWord word={word} typed={typed} onTyped={onTyped} ask={ask} />
      <div className={css.buttons}>
        <Button onClick={onBack} autoFocus>
          {back}
        </Button>
        <Button kind="danger" onClick={onConfirm} off={off ?? left} offAt="beside" busy={busy}>
          {deed}
        </Button>
      </div>
    </div>
  )
}
